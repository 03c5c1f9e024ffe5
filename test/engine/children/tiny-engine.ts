/** An engine process over the real message loop, whose operations do just what the tests of the border need. */
import { Failure } from '../../../src-main/contract/failure.ts'
import type { ChatResult, EngineOperations } from '../../../src-main/engine/contract.ts'
import { runMessageLoop } from '../../../src-main/engine/message-loop.ts'
import type { OperationTable } from '../../../src-main/engine/operation-table.ts'
import { parentPort } from '../../../src-main/engine/parent-port.ts'

const ended: ChatResult = {
  text: '',
  stopReason: 'end',
  promptTokens: 0,
  leftOutMessages: 0,
  reusedTokens: 0,
  generatedTokens: 0,
  prefillMs: 0,
  decodeMs: 0,
}

const operations: OperationTable = {
  // Streams its messages; a text that starts with "forever" goes on until it is cancelled.
  async *chat(input, signal) {
    let text = ''
    for (const { content } of input.messages) {
      text += content
      yield { text: content }
    }
    while (text.startsWith('forever')) {
      if (signal.aborted) return { ...ended, text, stopReason: 'stopped' }
      yield { text: '.' }
    }
    return { ...ended, text: `${text} (process ${process.pid})` }
  },
  // Dies in the middle, the way the input says.
  async *importModel(input): AsyncGenerator<EngineOperations['importModel']['event'], never> {
    yield { doneBytes: 1, totalBytes: 2 }
    process.stderr.write('native library: out of luck\n')
    if (input.name === 'exit') process.exit(7)
    if (input.name === 'throw') setTimeout(() => fail('thrown outside of any operation'))
    else process.kill(process.pid, 'SIGKILL')
    await new Promise(() => {})
    return fail('unreachable')
  },
  // Never looks at its signal.
  async *evaluate() {
    setInterval(() => {}, 1_000)
    yield { doneTokens: 0, totalTokens: 1 }
    await new Promise(() => {})
    return { meanLoss: 0, tokens: 0, perplexity: 0 }
  },
  // Waits for its cancel; then ends with what it has, as a training does.
  async *train(_input, signal) {
    yield { type: 'prepared', steps: 3, trainableParameters: 1, resumedAtStep: 0 }
    if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve))
    return {
      status: 'stopped',
      step: 1,
      steps: 3,
      tokensPerSecond: 0,
      peakMemoryBytes: 0,
      lossBefore: null,
      lossAfter: null,
      heldOutLossBefore: null,
      heldOutLossAfter: null,
      keptStep: null,
      seedResults: [],
      notices: [],
      preference: null,
      trainableParameters: 1,
      adapterPath: null,
      adapterBytes: 0,
    }
  },
  async *estimate(): AsyncGenerator<EngineOperations['estimate']['event'], never> {
    yield { share: 0 }
    return fail('nothing is measured here')
  },
  async *maskExamples(): AsyncGenerator<never, never> {
    throw new Failure('bad-template', 'The chat template has an error in line 3.')
  },
  async *countTokens(): AsyncGenerator<never, never> {
    throw new Failure('bad-template', 'The chat template has an error in line 3.')
  },
  async *exportBundle(): AsyncGenerator<never, never> {
    throw new Error('not in this engine')
  },
  async *exportAdapter(): AsyncGenerator<never, never> {
    throw new Failure('file-exists', 'There is a file already.')
  },
  async *inspectAdapter(): AsyncGenerator<never, never> {
    throw new Failure('file-missing', 'There is no such file.')
  },
  async *importAdapter(): AsyncGenerator<never, never> {
    throw new Failure('file-missing', 'There is no such file.')
  },
  async *blendAdapters(): AsyncGenerator<never, never> {
    throw new Failure('adapter-missing', 'There is no such file.')
  },
  async *listDevices() {
    return { devices: [], libraryVersion: '' }
  },
  async *probe(): AsyncGenerator<never, never> {
    throw new Failure('bad-template', 'The chat template has an error in line 3.')
  },
  async *releaseModel(): AsyncGenerator<never, never> {
    throw new RangeError('an index is off')
  },
}

function fail(text: string): never {
  throw new Error(text)
}

process.on('SIGINT', () => {})
runMessageLoop(operations, parentPort(), () => process.exit(0))
