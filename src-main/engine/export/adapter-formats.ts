/** What the formats of an adapter alone have in common. */
import { Failure } from '../../contract/failure.ts'
import { sentence } from '../../contract/sentence.ts'
import { architectureOf } from '../../core/llama/architectures.ts'
import type { ModelFolder } from '../model-folder.ts'

/** Their form is exact; sums in another order stay far below it. Nats. */
export const adapterDivergence = 1e-5

/** @throws Failure `adapter-not-portable` where other programs have as one matrix what the adapter takes apart */
export function checkSeparate({ summary }: ModelFolder): void {
  if (!architectureOf(summary.architecture).fused) return
  throw new Failure(
    'adapter-not-portable',
    sentence`Other programs have ${summary.name}'s query, key and value matrices as one, so an adapter of each can't be used there. Export it as a .veranda-adapter file or as a merged model.`,
  )
}
