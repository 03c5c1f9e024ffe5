import { LINEAR_KINDS } from '../../src-main/core/llama/linear-kinds.ts'
import { initialVectors } from '../../src-main/core/vera/initial-vectors.ts'
import { layoutVera } from '../../src-main/core/vera/layout.ts'
import { liveAdapter } from '../../src-main/core/vera/live-adapter.ts'
import { projections } from '../../src-main/core/vera/projections.ts'
import type { LoadedModel } from '../../src-main/engine/loaded-model.ts'
import { modelFile } from '../model-files.ts'
import { openRealModel, runtimeNamed, threads } from './benchmarks/real-model.ts'
import { openLlamaCpp } from './llama-cpp.ts'

export type Role = 'llama.cpp' | 'chat' | 'adapted' | 'fast' | 'fallback' | 'fallbackAdapted'

/** A program that reads tokens of the default model one after the other and remembers them. */
export interface Contender {
  readonly role: Role
  readonly name: string
  /** Goes on with the text, and computes what may follow it. */
  read(tokens: readonly number[]): Promise<unknown>
  /** Forgets all tokens from place `length` on. */
  rewind(length: number): Promise<void>
  close(): Promise<void>
}

export interface Contenders {
  readonly list: readonly Contender[]
  close(): Promise<void>
}

const adapterRank = 64

/** llama.cpp first where there is one; null, with a line that says so, where the model isn't there. */
export async function openContenders(contextSize: number): Promise<Contenders | null> {
  const list: Contender[] = []
  const closings: (() => Promise<void>)[] = []
  const llama = await openLlamaCpp(modelFile ?? '', threads, contextSize)
  if (llama !== null) {
    list.push({ role: 'llama.cpp', name: 'llama.cpp', ...llama })
  }
  for (const [role, adaptedRole, name] of [
    ['chat', 'adapted', 'veranda'],
    ['fast', null, 'veranda --fast'],
    ['fallback', 'fallbackAdapted', 'veranda, onnxruntime-node'],
  ] as const) {
    const runtime = runtimeNamed(name)
    if (runtime === null) continue
    const model = openRealModel(runtime)
    if (model === null) return null
    closings.push(() => model.close())
    list.push(await ours(role, name, model, false))
    if (adaptedRole !== null) {
      list.push(await ours(adaptedRole, `${name}, live adapter (rank ${adapterRank})`, model, true))
    }
  }
  return {
    list,
    async close() {
      for (const contender of list) await contender.close()
      for (const close of closings) await close()
    },
  }
}

async function ours(role: Role, name: string, model: LoadedModel, adapted: boolean): Promise<Contender> {
  const layout = layoutVera(model.folder.model.config, {
    rank: adapterRank,
    targets: LINEAR_KINDS,
    layers: null,
  })
  const vectors = initialVectors(layout, 0.1)
  const live = liveAdapter(layout, vectors, projections({ ...layout, key: 0 }))
  const { decoder, close } = await model.open(adapted ? { live, identity: role, group: null } : null)
  return {
    role,
    name,
    read: (tokens) => decoder.logits(tokens, [tokens.length - 1]),
    rewind: async (length) => decoder.truncate(length),
    close,
  }
}
