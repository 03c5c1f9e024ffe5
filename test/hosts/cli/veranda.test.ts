import { expect, test } from 'vitest'
import { Failure } from '../../../src-main/contract/failure.ts'
import type { ModelService } from '../../../src-main/app/services.ts'
import { adapter, catalogueEntry, model, veranda } from './command-line.ts'

const everyCommand = [
  ['models list', 'veranda models list'],
  ['models pull', 'veranda models pull ID'],
  ['models import', 'veranda models import PATH [--name N] [--quantize 4|8]'],
  ['models remove', 'veranda models remove ID'],
  [
    'chat',
    'veranda chat [PROMPT] [--model ID] [--adapter NAME[:STRENGTH]] [--system TEXT] [--max-tokens N] [--temperature T] [--seed S] [--fast] [--exact] [--device auto|cpu|webgpu|dml|coreml|cuda]',
  ],
  ['serve', 'veranda serve [--port N] [--fast]'],
  [
    'personalize',
    'veranda personalize FILE --name N [--model ID] [--preset quick|balanced|thorough] [--method vera|lora] [--rank R] [--ranks PLACES] [--layer-share P] [--epochs E] [--learning-rate L] [--replay Q] [--batch-tokens T] [--targets LIST] [--layers LAYERS] [--dropout P] [--d-initial D] [--bias none|all|adapted] [--alpha A] [--rs-lora] [--optimizer adamw|sgd] [--momentum M] [--schedule cosine|linear|constant] [--warmup P] [--weight-decay W] [--clip-norm C] [--lambda-d-rate F] [--lambda-b-rate F] [--average A] [--held-out P] [--evaluations N] [--patience N] [--keep last|best] [--preferences off|together|only] [--preference-beta B] [--seeds N] [--seed S] [--projection-key K] [--system TEXT] [--from N] [--estimate] [--exact] [--device auto|cpu|webgpu|dml|coreml|cuda]',
  ],
  ['evaluate', 'veranda evaluate FILE [--adapter N] [--exact] [--device auto|cpu|webgpu|dml|coreml|cuda]'],
  ['adapters list', 'veranda adapters list'],
  ['adapters show', 'veranda adapters show N'],
  ['adapters blend', 'veranda adapters blend NAME A[:STRENGTH] B[:STRENGTH]'],
  ['adapters remove', 'veranda adapters remove N'],
  ['adapters import', 'veranda adapters import PATH [--name N] [--model ID]'],
  [
    'adapters export',
    'veranda adapters export N --format veranda|peft|peft-with-projections|lora|gguf-lora|safetensors|gguf:F16|gguf:Q8_0|gguf:Q4_1|gguf:Q4_0 --out PATH',
  ],
] as const

test.each(everyCommand)('“%s --help” says how it is used, and opens nothing', async (words, usage) => {
  const { code, stdout, stderr, opened } = await veranda([...words.split(' '), '--help'])
  expect({ code, stderr, opened }).toEqual({ code: 0, stderr: '', opened: undefined })
  expect(stdout.split('\n')[0]).toBe(`${usage} [--json] [--data-dir FOLDER] [--help]`)
})

test('the overview lists every command', async () => {
  const { code, stdout } = await veranda(['--help'])
  expect(code).toBe(0)
  for (const [words] of everyCommand) expect(stdout).toContain(`veranda ${words} `)
  expect((await veranda(['models', '--help'])).stdout).not.toContain('veranda chat')
  expect((await veranda(['--version'])).stdout).toBe('1.2.3\n')
})

test.each([
  [[], 'veranda chat'],
  [['dance'], 'There is no command “dance”.'],
  [['models'], 'veranda models pull'],
  [['models', 'dance'], 'There is no command “models dance”.'],
  [['models', 'pull'], 'ID is missing.'],
  [['models', 'pull', 'a', 'b'], '“b” is one argument too many'],
  [['chat', 'hello', 'you'], '“you” is one argument too many; quote text with spaces.'],
  [['chat', '--loud'], "Unknown option '--loud'"],
  [['chat', '--model'], "'--model <value>' argument missing"],
  [['chat', '--max-tokens', '1.5'], '--max-tokens is a whole number from 1 to 100000, not “1.5”.'],
  [['chat', '--max-tokens', ''], '--max-tokens is a whole number'],
  [['chat', '--temperature', 'hot'], '--temperature is a number from 0 to 5, not “hot”.'],
  [['chat', '--temperature', 'NaN'], '--temperature is a number from 0 to 5, not “NaN”.'],
  [['chat', '--model', ' '], '--model needs a value.'],
  [['personalize', 'x.jsonl'], '--name is missing.'],
  [['personalize', 'x.jsonl', '--name', 'n', '--targets', 'q_proj,lm_head'], '; not “lm_head”.'],
  [['personalize', 'x.jsonl', '--name', 'n', '--layers', '0,3-1'], 'as in 0,2-5; not “0,3-1”.'],
  [['personalize', 'x.jsonl', '--name', 'n', '--ranks', 'q_proj'], 'PLACE:NUMBER'],
  [['personalize', 'x.jsonl', '--name', 'n', '--method', 'dora'], '--method takes vera, lora'],
  [['personalize', 'x.jsonl', '--name', 'n', '--rank', '0'], '--rank is a whole number from 1 to 4096'],
  [['chat', '--data-dir', ''], '--data-dir needs a value.'],
])('wrong usage: veranda %j', async (argumentList, said) => {
  const { code, stdout, stderr, opened } = await veranda(argumentList)
  expect({ code, stdout, opened }).toEqual({ code: 2, stdout: '', opened: undefined })
  expect(stderr).toContain(said)
})

test('a failure is one line on stderr, and the app is closed', async () => {
  const models: Partial<ModelService> = {
    find: () => {
      throw new Failure('model-not-found', 'There is no model “x”.')
    },
  }
  const printed = await veranda(['models', 'remove', 'x', '--json'], { services: { models } })
  expect(printed).toEqual({
    code: 1,
    stdout: '',
    stderr: 'There is no model “x”.\n',
    opened: null,
    closed: true,
  })
})

test('--data-dir reaches the app', async () => {
  const services = { adapters: { list: () => [] } }
  expect((await veranda(['adapters', 'list', '--data-dir', '/d'], { services })).opened).toBe('/d')
})

test('models list shows what is installed and what can be fetched', async () => {
  const models: Partial<ModelService> = {
    list: () => [model],
    catalogue: () => [
      { ...catalogueEntry, installed: true },
      { ...catalogueEntry, id: 'other', description: 'Another one.' },
    ],
  }
  const { stdout } = await veranda(['models', 'list'], { services: { models } })
  expect(stdout).toBe(
    [
      'ID     NAME       PARAMETERS  WEIGHTS  CONTEXT  SIZE',
      'small  Small One  135 M       Q4_1     2048     98.4 MB',
      '',
      'To be fetched with “veranda models pull ID”:',
      'ID     SIZE     MEMORY           LICENCE     WHAT',
      'other  98.4 MB  700.0 MB (fits)  Apache-2.0  Another one.',
      '',
    ].join('\n'),
  )
  const asJson = await veranda(['models', 'list', '--json'], { services: { models } })
  expect(JSON.parse(asJson.stdout)).toMatchObject({
    models: [{ ...model, quantization: 'Q4_1' }],
    catalogue: [{}, { id: 'other' }],
  })
})

const pulling: Partial<ModelService> = {
  catalogue: () => [catalogueEntry],
  async *pull(id) {
    for (const doneBytes of [0, 5_000_000, 49_200_000, 98_400_000]) {
      yield { doneBytes, totalBytes: 98_400_000, phase: 'download' }
    }
    return { ...model, id }
  },
}

test('models pull shows its progress on stderr: a line for every tenth', async () => {
  const { code, stdout, stderr } = await veranda(['models', 'pull', 'small'], {
    services: { models: pulling },
  })
  expect({ code, stdout }).toEqual({ code: 0, stdout: 'Small One is installed.\n' })
  expect(stderr).toBe(
    [
      'Fetching Small One (98.4 MB).',
      'Downloading: 0 bytes of 98.4 MB (0 %)',
      'Downloading: 49.2 MB of 98.4 MB (50 %)',
      'Downloading: 98.4 MB of 98.4 MB (100 %)',
      '',
    ].join('\n'),
  )
})

test('on a terminal the progress is one line that is rewritten, and goes in the end', async () => {
  const { stdout, stderr } = await veranda(['models', 'pull', 'small', '--json'], {
    services: { models: pulling },
    terminal: true,
  })
  expect(JSON.parse(stdout)).toEqual({ ...model, quantization: 'Q4_1' })
  const shown = stderr.split('\r\u001b[2K')
  expect(shown.slice(1, 3)).toEqual([
    'Downloading: 0 bytes of 98.4 MB (0 %)',
    'Downloading: 5.0 MB of 98.4 MB (5 %)',
  ])
  expect(shown.at(-1)).toBe('')
})

test('models import takes a path from where it was called, a name and a number of bits', async () => {
  const imported: unknown[] = []
  const models: Partial<ModelService> = {
    async *import(source) {
      imported.push(source)
      yield { doneBytes: 1, totalBytes: 1, phase: 'import' }
      return model
    },
  }
  await veranda(['models', 'import', 'm.gguf', '--name', 'Mine'], { services: { models } })
  await veranda(['models', 'import', '/m', '--quantize', '4'], { services: { models } })
  expect(imported).toEqual([
    { path: `${process.cwd()}/m.gguf`, name: 'Mine', quantize: null },
    { path: '/m', name: null, quantize: 4 },
  ])
  expect((await veranda(['models', 'import', 'm', '--quantize', '5'])).stderr).toContain('takes 4 or 8')
})

test('adapters: list, show, remove', async () => {
  const removed: string[] = []
  const services = {
    adapters: {
      list: () => [adapter],
      find: () => ({ adapter, strength: 1 }),
      remove: (id: string) => void removed.push(id),
    },
  }
  expect((await veranda(['adapters', 'list'], { services })).stdout).toBe(
    'NAME  MODEL  RANK  LOSS BEFORE  AFTER  SIZE\npim   small  64    4.400        0.150  812.3 KB\n',
  )
  const shown = (await veranda(['adapters', 'show', 'pim'], { services })).stdout
  expect(shown).toMatch(/^targets +q_proj, v_proj$/m)
  expect(JSON.parse((await veranda(['adapters', 'show', 'pim', '--json'], { services })).stdout)).toEqual(
    adapter,
  )
  const gone = await veranda(['adapters', 'remove', 'pim', '--json'], { services })
  expect(JSON.parse(gone.stdout)).toEqual({ removed: 'pim' })
  expect(removed).toEqual(['a-1'])
})
