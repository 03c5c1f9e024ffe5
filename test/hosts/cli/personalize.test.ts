import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import type { Run } from '../../../src-main/contract/entities.ts'
import type { Estimate } from '../../../src-main/contract/estimate.ts'
import type {
  EvaluateRequest,
  ExampleService,
  ParsedExamples,
  PersonalizeRequest,
  PersonalizeService,
} from '../../../src-main/app/services.ts'
import { adapter, model, run, veranda, type GivenServices } from './command-line.ts'

const folder = mkdtempSync(join(tmpdir(), 'veranda-cli-'))
const file = join(folder, 'examples.jsonl')
writeFileSync(file, 'two examples')
afterAll(() => rmSync(folder, { recursive: true }))

const example = { messages: [{ role: 'user' as const, content: 'Hi' }], rejected: null, tags: [], line: 1 }
const issue = { code: 'bad-json', line: 7, field: null, message: 'This line is no JSON.' }

const doneRun: Run = {
  ...run,
  status: 'done',
  step: 40,
  steps: 40,
  tokensPerSecond: 312.5,
  remainingMs: 0,
  peakMemoryBytes: 900_000_000,
  lossBefore: 4.4,
  lossAfter: 0.15,
  adapterId: 'a-1',
  finishedAt: 181_000,
}

function parsing(parsed: ParsedExamples): ExampleService['parse'] {
  return async function* parse() {
    yield 0.5
    return parsed
  }
}

/** Services that parse the file as given and end the run as given. */
function learning(
  ended: Run,
  asked: PersonalizeRequest[] = [],
  parse: ExampleService['parse'] = parsing({ examples: [example, example], issues: [] }),
): GivenServices {
  const personalize: Partial<PersonalizeService> = {
    unfinished: () => undefined,
    start: (request) => (asked.push(request), run),
    async *watch() {
      yield { type: 'run', run }
      yield {
        type: 'run',
        run: { ...run, status: 'running', step: 20, steps: 40, tokensPerSecond: 310, remainingMs: 90_000 },
      }
      yield {
        type: 'losses',
        points: [
          { step: 20, loss: 1.25, set: 'step' },
          { step: 20, loss: 9, set: 'heldOut' },
        ],
      }
      yield {
        type: 'run',
        run: { ...run, status: 'running', step: 30, steps: 40, tokensPerSecond: 312, remainingMs: 45_000 },
      }
      return ended
    },
  }
  return {
    models: { list: () => [model], find: () => model },
    examples: { parse },
    personalize,
    adapters: { find: () => ({ adapter, strength: 1 }) },
  }
}

test('personalize prints one object with what was measured', async () => {
  const asked: PersonalizeRequest[] = []
  const flags =
    '--rank 32 --epochs 3 --learning-rate 4e-3 --batch-tokens 512 --targets v_proj,q_proj,v_proj --seed 5 --projection-key 6 --method lora --alpha 64 --rs-lora --layers 0,2-3,2 --ranks q_proj:8,3.v_proj:0 --dropout 0.1 --d-initial 0.05 --bias adapted'
  const { code, stdout, stderr } = await veranda(
    ['personalize', file, '--name', 'pim', '--system', 'You are Pim.', ...flags.split(' '), '--json'],
    { services: learning(doneRun, asked) },
  )
  expect(code).toBe(0)
  expect(JSON.parse(stdout)).toMatchObject({
    name: 'pim',
    id: 'a-1',
    model: 'small',
    steps: 40,
    tokensPerSecond: 312.5,
    peakMemoryBytes: 900_000_000,
    lossBefore: 4.4,
    lossAfter: 0.15,
    heldOutLossBefore: null,
    adapterBytes: 812_345,
    elapsedMs: 180_000,
  })
  expect(stderr).toBe(
    'Preparing the run\n' +
      'Step 20 of 40, 310 tokens a second, about 2 minutes left\n' +
      'Step 30 of 40, loss 1.250, 312 tokens a second, 45 seconds left\n',
  )
  expect(asked).toEqual([
    {
      name: 'pim',
      model: 'small',
      examples: [example, example],
      settings: {
        rank: 32,
        epochs: 3,
        learningRate: 0.004,
        batchTokens: 512,
        targets: ['v_proj', 'q_proj'],
        seed: 5,
        projectionKey: 6,
        method: 'lora',
        alpha: 64,
        rsLora: true,
        layers: [0, 2, 3],
        ranks: { q_proj: 8, '3.v_proj': 0 },
        dropout: 0.1,
        dInitial: 0.05,
        bias: 'adapted',
      },
      heldOutRatio: 0,
      systemPrompt: 'You are Pim.',
    },
  ])
})

test('personalize tells a person what came of it', async () => {
  const ended = { ...doneRun, heldOutCount: 1, heldOutLossBefore: 4.1, heldOutLossAfter: 2 }
  const { stdout } = await veranda(['personalize', file, '--name', 'pim'], { services: learning(ended) })
  expect(stdout).toBe(
    '“pim” is ready: 40 steps over 2 examples in about 3 minutes; loss 4.400 → 0.150 nats a token; 812.3 KB.\n' +
      'On 1 held-out example: loss 4.100 → 2.000 nats a token.\n' +
      'Talk to it with: veranda chat --adapter "pim"\n',
  )
})

test('the same command goes on with a run that was stopped', async () => {
  const resumed: string[] = []
  const services = learning(doneRun)
  const { code, stderr } = await veranda(['personalize', file, '--name', 'pim'], {
    services: {
      ...services,
      personalize: {
        ...services.personalize,
        unfinished: () => ({ ...run, status: 'interrupted', step: 12, steps: 40 }),
        resume: (id) => (resumed.push(id), run),
        start: () => {
          throw new Error('A new run was started.')
        },
      },
    },
  })
  expect({ code, resumed }).toEqual({ code: 0, resumed: ['r-1'] })
  expect(stderr).toContain('Going on with “pim” after step 12 of 40.\n')
})

test('a file with issues is learned from without them, and they are listed by line', async () => {
  const asked: PersonalizeRequest[] = []
  const parse = parsing({
    examples: [example],
    issues: [issue, { ...issue, line: null, message: 'The end is cut.' }],
  })
  const { code, stderr } = await veranda(['personalize', file, '--name', 'pim'], {
    services: learning(doneRun, asked, parse),
  })
  expect(code).toBe(0)
  expect(stderr).toContain(
    `${file}:7: This line is no JSON.\n${file}: The end is cut.\nGoing on with 1 good example; the lines above are left out.\n`,
  )
  expect(asked[0]?.examples).toEqual([example])
})

test('evaluate that is stopped gives no number: it would be of a part', async () => {
  const controller = new AbortController()
  const services: GivenServices = {
    ...learning(doneRun),
    async *evaluate() {
      yield { doneTokens: 50, totalTokens: 100 }
      controller.abort()
      return { meanLoss: 0.5, tokens: 50, perplexity: Math.exp(0.5) }
    },
  }
  const printed = await veranda(['evaluate', file, '--json'], { services, signal: controller.signal })
  expect(printed).toMatchObject({ code: 1, stdout: '', stderr: 'Measuring: 50 of 100 tokens\nStopped.\n' })
})

test.each(['personalize', 'evaluate'])('%s: a file without one good example is a failure', async (words) => {
  const parse = parsing({ examples: [], issues: [issue] })
  const name = words === 'personalize' ? ['--name', 'pim'] : []
  const { code, stdout, stderr } = await veranda([words, file, ...name], {
    services: learning(doneRun, [], parse),
  })
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
  expect(stderr).toContain(`No example could be read from “${file}” (1 problem). Nothing was done.`)
})

test.each([
  [join(folder, 'none.jsonl'), `There is no file “${join(folder, 'none.jsonl')}”.`],
  [folder, `“${folder}” is a folder; give a file of examples.`],
])('a file that can’t be read: %s', async (path, said) => {
  const { code, stderr } = await veranda(['evaluate', path], { services: learning(doneRun) })
  expect({ code, stderr }).toEqual({ code: 1, stderr: `${said}\n` })
})

test.each([
  [
    { status: 'interrupted', step: 12, steps: 40 },
    'Stopped at step 12 of 40. The checkpoint of “pim” is kept: the same command goes on from there.',
  ],
  [{ status: 'running', step: 0 }, 'Stopped before the first step of “pim”.'],
  [{ status: 'failed', failure: { code: 'disk-full', message: 'The disk is full.' } }, 'The disk is full.'],
] as const)('a run that ends otherwise (%j) is a failure', async (end, said) => {
  const { code, stdout, stderr } = await veranda(['personalize', file, '--name', 'pim', '--json'], {
    services: learning({ ...run, ...end }),
  })
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
  expect(stderr.trimEnd().split('\n').at(-1)).toBe(said)
})

test('evaluate prints mean loss, tokens and perplexity', async () => {
  const asked: EvaluateRequest[] = []
  const services: GivenServices = {
    ...learning(doneRun),
    async *evaluate(request: EvaluateRequest) {
      asked.push(request)
      yield { doneTokens: 50, totalTokens: 100 }
      return { meanLoss: 0.5, tokens: 100, perplexity: Math.exp(0.5) }
    },
  }
  const { stdout, stderr } = await veranda(['evaluate', file, '--adapter', 'pim', '--json'], { services })
  expect(JSON.parse(stdout)).toMatchObject({ meanLoss: 0.5, tokens: 100, perplexity: Math.exp(0.5) })
  expect(stderr).toBe('Measuring: 50 of 100 tokens\n')
  expect(asked).toMatchObject([{ adapter: 'pim', model: 'small', examples: [example, example] }])
  expect((await veranda(['evaluate', file], { services })).stdout).toBe(
    'Loss 0.5000 nats a token over 100 tokens of 2 examples; perplexity 1.649.\n',
  )
})

const estimate: Estimate = {
  steps: 120,
  tokens: 30_000,
  trainableParameters: 6,
  measuredSteps: 3,
  tokensPerSecond: 312.4,
  trainingMs: 96_000,
  otherMs: 24_000,
  peakMemoryBytes: 900_000_000,
  availableMemoryBytes: 8_000_000_000,
  longestTokens: 700,
  passTokens: 256,
  fits: 'yes',
  exampleCount: 54,
  heldOutCount: 6,
  besideRun: false,
}

test.each([
  ['yes', /It takes about 2 minutes: 312 tokens a second by 3 steps .* 900\.0 MB of memory, of 8\.0 GB/],
  ['in-smaller-passes', /passes of 256 tokens, which takes longer/],
  ['no', /will not fit: it needs about 900\.0 MB.* more than 256 tokens \(the longest has 700\)/],
] as const)('personalize --estimate only measures: %s', async (fits, said) => {
  const services = learning(doneRun)
  const personalize: Partial<PersonalizeService> = {
    async *estimate(request) {
      expect(request.settings).toMatchObject({ rank: 8 })
      yield { share: 0.5 }
      return { ...estimate, fits }
    },
  }
  const flags = ['personalize', file, '--name', 'pim', '--rank', '8', '--estimate']
  const { code, stdout } = await veranda(flags, { services: { ...services, personalize } })
  expect(code).toBe(0)
  expect(stdout).toMatch(said)
  const json = await veranda([...flags, '--json'], { services: { ...services, personalize } })
  expect(JSON.parse(json.stdout)).toMatchObject({ fits, steps: 120 })
})
