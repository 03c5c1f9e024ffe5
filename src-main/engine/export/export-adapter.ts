import { type ExportFormat, exportFormats } from '../../contract/export-formats.ts'
import { Failure } from '../../contract/failure.ts'
import { sentence } from '../../contract/sentence.ts'
import { withStrength } from '../../core/vera/live-adapter.ts'
import type { EngineOperations, ExportResult, Parity } from '../contract.ts'
import { readAdapters } from '../open-adapter.ts'
import type { Operation } from '../operation-table.ts'
import type { EngineResources } from '../resources.ts'
import { openExactLogits } from './exact-logits.ts'
import type { Exporter, ExportSource, LogitSource } from './exporter.ts'
import { exporters } from './exporters.ts'
import { compareLogits, parityPrompts, promptLogits } from './parity.ts'
import { goOn, wholeOrNothing } from './whole-or-nothing.ts'
import { writtenBytes } from './written-bytes.ts'

type ExportEvent = EngineOperations['exportAdapter']['event']

/**
 * Writes an adapter, or what it makes of its model, in another program's format, reads it again and compares. What
 * doesn't say the same as the adapter is not kept.
 */
export function exportAdapter(resources: EngineResources): Operation<'exportAdapter'> {
  return async function* ({ modelDirectory, adapter, format, name, path }, signal) {
    const model = resources.model(modelDirectory)
    const read = readAdapters(adapter.path, model.folder).adapters
    const adapters = read.map((one) => withStrength(one, adapter.strength))
    const { summary } = model.folder
    const origin = {
      name,
      baseModelHash: summary.sourceHash,
      baseModelName: summary.name,
      baseModelArchitecture: summary.architecture,
    }
    const source: ExportSource = { model, adapters, origin }
    const exporter: Exporter = exporters[format]
    const what = sentence`“${name}” could not be exported to ${path}`
    return yield* wholeOrNothing(path, what, async function* (unfinished): AsyncGenerator<
      ExportEvent,
      ExportResult
    > {
      for await (const share of exporter.write(source, unfinished, resources)) {
        yield { phase: 'write', share }
        await goOn(signal)
      }
      const compared = yield* compare(source, format, unfinished, resources, signal)
      const { parity } = compared
      if (!(parity.largestDivergence <= exporter.maxDivergence)) throw differs(name, format, parity)
      return { path, sizeBytes: writtenBytes(unfinished), ...compared }
    })
  }
}

async function* compare(
  source: ExportSource,
  format: ExportFormat,
  path: string,
  resources: EngineResources,
  signal: AbortSignal,
): AsyncGenerator<ExportEvent, Pick<ExportResult, 'parity' | 'withoutAdapter'>> {
  const { isAdapter } = exportFormats[format]
  const rounds = isAdapter ? 2 : 3
  const ids = parityPrompts(source.model)
  async function* ofPrompts(
    from: Promise<LogitSource>,
    before: number,
  ): AsyncGenerator<ExportEvent, readonly Float32Array[]> {
    const opened = await from
    try {
      const reading = promptLogits(opened, ids)
      for (;;) {
        const { done, value } = await reading.next()
        if (done === true) return value
        yield { phase: 'check', share: (before + value) / rounds }
        await goOn(signal)
      }
    } finally {
      await opened.close()
    }
  }
  // One after the other: both at once would hold the model's weights twice.
  const expected = yield* ofPrompts(openExactLogits(source.model, source.adapters, resources), 0)
  const actual = yield* ofPrompts(exporters[format].open(source, path, resources), 1)
  const { vocabularySize } = source.model.folder.model.config
  const parity = compareLogits(expected, actual, vocabularySize)
  if (isAdapter) return { parity, withoutAdapter: null }
  const base = yield* ofPrompts(openExactLogits(source.model, [], resources), 2)
  return { parity, withoutAdapter: compareLogits(expected, base, vocabularySize) }
}

function differs(name: string, format: string, { largestDivergence, largestDifference }: Parity): Failure {
  return new Failure(
    'export-differs',
    sentence`“${name}” as ${format} doesn't answer as it does here: the probabilities of the next token differ by up to ${largestDivergence.toPrecision(2)} nats (logits by ${largestDifference.toPrecision(2)}). Nothing was kept. Check the disk, and export it in another format.`,
  )
}
