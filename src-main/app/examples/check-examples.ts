/** What a person should know of the examples before they are learned: duplicates, private data, lengths. */
import { setImmediate } from 'node:timers/promises'
import type { Example, Finding } from '../../contract/entities.ts'
import type { ProcedureEvent, ProcedureResult } from '../../contract/procedures.ts'
import type { Engine } from '../../engine/contract.ts'
import { nearDuplicates, signatureOf, type Signature } from './near-duplicates.ts'
import { findPrivateData } from './private-data.ts'

type Progress = ProcedureEvent<'examples.check'>
type Checks = ProcedureResult<'examples.check'>
type Tokens = Omit<Checks['tokens'][number], 'id'>

interface CheckedText {
  readonly updatedAt: number
  readonly signature: Signature
  readonly findings: readonly Finding[]
}

export interface ModelToCount {
  readonly id: string
  readonly directory: string
  readonly contextLength: number
}

/** How long checking goes on before others get a turn. */
const turnMs = 20
/** Examples counted in one request to the engine. */
const countedAtOnce = 256

export interface ExampleChecks {
  /** Remembers what it found: only what changed is looked at again. Stops between two turns when aborted. */
  check(
    examples: readonly Example[],
    model: ModelToCount | null,
    signal: AbortSignal,
  ): AsyncGenerator<Progress, Checks>
}

export function exampleChecks(engine: Engine): ExampleChecks {
  const texts = new Map<string, CheckedText>()
  /** The duplicates among `texts` as they are; null once one of these changed. */
  let duplicates: string[][] | null = null
  const counts = new Map<string, Map<string, Tokens & { readonly updatedAt: number }>>()

  async function* checkTexts(
    examples: readonly Example[],
    signal: AbortSignal,
    upTo: number,
  ): AsyncGenerator<Progress, void> {
    let turnEnd = performance.now() + turnMs
    for (const [index, example] of examples.entries()) {
      if (texts.get(example.id)?.updatedAt !== example.updatedAt) {
        duplicates = null
        texts.set(example.id, {
          updatedAt: example.updatedAt,
          signature: signatureOf(comparedText(example)),
          findings: findPrivateData(example),
        })
      }
      if (performance.now() < turnEnd) continue
      yield { share: (index / examples.length) * upTo }
      await setImmediate()
      if (signal.aborted) return
      turnEnd = performance.now() + turnMs
    }
  }

  async function* group(
    signatures: readonly Signature[],
    signal: AbortSignal,
  ): AsyncGenerator<Progress, number[][]> {
    const searching = nearDuplicates(signatures)
    let turnEnd = performance.now() + turnMs
    for (;;) {
      const next = searching.next()
      if (next.done === true) return next.value
      if (performance.now() < turnEnd) continue
      await setImmediate()
      if (signal.aborted) return []
      turnEnd = performance.now() + turnMs
      yield { share: 1 }
    }
  }

  async function* count(
    examples: readonly Example[],
    model: ModelToCount,
    signal: AbortSignal,
  ): AsyncGenerator<Progress, Checks['tokens']> {
    const known = counts.get(model.id) ?? new Map<string, Tokens & { readonly updatedAt: number }>()
    counts.set(model.id, known)
    const missing = examples.filter(({ id, updatedAt }) => known.get(id)?.updatedAt !== updatedAt)
    for (let start = 0; start < missing.length && !signal.aborted; start += countedAtOnce) {
      const some = missing.slice(start, start + countedAtOnce)
      const asked = some.map(({ id, messages }) => ({ id, messages }))
      const counted = engine.run('countTokens', { modelDirectory: model.directory, examples: asked }, signal)
      let next = await counted.next()
      while (next.done !== true) next = await counted.next()
      for (const [index, tokens] of next.value.counts.entries()) {
        const example = some[index]
        if (example !== undefined) known.set(example.id, { ...tokens, updatedAt: example.updatedAt })
      }
      yield { share: 0.5 + 0.5 * Math.min(1, (start + countedAtOnce) / missing.length) }
    }
    return examples.flatMap(({ id }) => {
      const found = known.get(id)
      return found === undefined
        ? []
        : [{ id, tokens: found.tokens, learned: found.learned, failure: found.failure }]
    })
  }

  return {
    async *check(examples, model, signal) {
      const present = new Set(examples.map(({ id }) => id))
      for (const known of [texts, ...counts.values()])
        for (const id of known.keys()) if (!present.has(id) && known.delete(id)) duplicates = null

      yield* checkTexts(examples, signal, model === null ? 1 : 0.5)
      const tokens = model === null ? [] : yield* count(examples, model, signal)
      const oldestFirst = examples
        .toSorted((a, b) => a.createdAt - b.createdAt)
        .flatMap(({ id }) => {
          const text = texts.get(id)
          return text === undefined ? [] : [{ id, ...text }]
        })
      if (duplicates === null) {
        const signatures = oldestFirst.map(({ signature }) => signature)
        const groups = yield* group(signatures, signal)
        duplicates = groups.map((group) => group.map((index) => oldestFirst[index]?.id ?? ''))
        if (signal.aborted) duplicates = null
      }
      return {
        contextLength: model?.contextLength ?? null,
        tokens,
        duplicates: duplicates ?? [],
        findings: oldestFirst.flatMap(({ id, findings }) =>
          findings.length > 0 ? [{ id, findings: [...findings] }] : [],
        ),
      }
    },
  }
}

/** What was asked and answered; instructions are the same in many examples and tell nothing of them. */
function comparedText({ messages }: Example): string {
  return messages
    .filter(({ role }) => role !== 'system')
    .map(({ content }) => content)
    .join('\n')
}
