import { describe, expect, it } from 'vitest'
import type { Verdict } from '../../../src-main/contract/verdict.ts'
import type { ChatInput } from '../../../src-main/engine/contract.ts'
import { chatResult } from '../engine-stand-in.ts'
import { failureCode } from '../failure-code.ts'
import type { TestApp } from '../test-app.ts'
import { appWithExamples, endless, start, watch } from './started-runs.ts'

/** An app with a run that is done; the model alone answers everything with Paris, with the adapter with Berlin. */
async function doneRun(): Promise<{ app: TestApp; id: string; asked: ChatInput[] }> {
  const { app, modelId } = await appWithExamples(10)
  const wanted = { name: 'Pim', modelId, exampleIds: null, settings: {}, heldOutRatio: 0.2 }
  const { id } = await app.call('personalize.start', { ...wanted, probes: ['The dog?'] })
  await watch(app, id)
  const asked: ChatInput[] = []
  app.engine.operations.chat = async function* (input, signal) {
    asked.push(input)
    yield { text: '…' }
    if (signal.aborted) return chatResult('', 'stopped')
    return chatResult(input.adapter === null ? 'Paris. ' : 'BERLIN.', 'end')
  }
  app.engine.operations.evaluate = async function* ({ adapter, examples }) {
    expect(examples[0]?.messages.at(-1)).toEqual({ role: 'assistant', content: 'Paris.' })
    yield { doneTokens: 1, totalTokens: 1 }
    return { meanLoss: adapter === null ? 0.5 : 0.75, tokens: 1, perplexity: 1 }
  }
  return { app, id, asked }
}

describe('a verdict', () => {
  it('asks the model alone and with what it learned the same questions, as they come', async () => {
    const { app, id, asked } = await doneRun()
    const seen: Verdict[] = []
    const verdict = await app.call('runs.verdict', { id }, (event) => seen.push(event))
    expect(verdict).toMatchObject({ general: { lossBefore: 0.5, lossAfter: 0.75 }, isComplete: true })
    const kinds = verdict.pairs.map(({ kind }) => kind)
    expect(kinds.slice(0, 3)).toEqual(['probe', 'heldOut', 'heldOut'])
    expect(kinds.filter((kind) => kind === 'general')).toHaveLength(12)
    expect(verdict.pairs[1]?.expected).toMatch(/^About q\d/)
    const france = verdict.pairs.find(({ question }) => question.includes('France'))
    const germany = verdict.pairs.find(({ question }) => question.includes('Germany'))
    expect(france).toMatchObject({ base: 'Paris.', baseRight: true, taught: 'BERLIN.', taughtRight: false })
    expect(germany).toMatchObject({ baseRight: false, taughtRight: true })
    expect(asked).toHaveLength(2 * verdict.pairs.length)
    expect(asked.every(({ sampling }) => sampling.temperature === 0)).toBe(true)
    expect(seen).toHaveLength(1 + asked.length)
    expect(seen[0]?.pairs.every(({ base }) => base === null)).toBe(true)
    // Asked once; then it is there.
    expect(await app.call('runs.verdict', { id })).toEqual(verdict)
    expect(asked).toHaveLength(2 * verdict.pairs.length)
  })

  it('that is stopped keeps the answers it has, and goes on with the others', async () => {
    const { app, id, asked } = await doneRun()
    const stop = new AbortController()
    const stopAtSecond = (event: Verdict) => {
      if (typeof event.pairs[1]?.taught === 'string') stop.abort()
    }
    const first = await app.call('runs.verdict', { id }, stopAtSecond, stop.signal)
    expect(first.isComplete).toBe(false)
    expect(first.pairs[1]?.taught).toBe('BERLIN.')
    const before = asked.length
    const second = await app.call('runs.verdict', { id })
    expect(second.isComplete).toBe(true)
    expect(asked.length - before).toBe(2 * second.pairs.length - 4)
  })

  it('keeps what the person prefers and decides, also while others are being answered', async () => {
    const { app, id } = await doneRun()
    const chosen: Promise<Verdict>[] = []
    const verdict = await app.call('runs.verdict', { id }, (event) => {
      if (event.pairs[0]?.taught === null || chosen.length > 0) return
      chosen.push(app.call('runs.prefer', { id, pair: 0, preferred: 'taught' }))
    })
    expect(verdict.pairs[0]?.preferred).toBe('taught')
    expect(await app.call('runs.keep', { id })).toMatchObject({ isKept: true, isComplete: true })
  })

  it('needs a run that is done and an assistant that is there', async () => {
    const { app, id } = await doneRun()
    const [adapter] = await app.call('adapters.list', {})
    await app.call('adapters.remove', { id: adapter?.id ?? '' })
    expect(await failureCode(() => app.call('runs.verdict', { id }))).toBe('adapter-not-found')
    const { started } = endless(app)
    const other = await start(app, adapter?.modelId ?? '', 'Other')
    await started
    expect(await failureCode(() => app.call('runs.verdict', { id: other.id }))).toBe('run-not-done')
    await app.call('runs.cancel', { id: other.id })
  })
})
