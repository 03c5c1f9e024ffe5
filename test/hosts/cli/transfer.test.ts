import { expect, test } from 'vitest'
import type { AdapterService } from '../../../src-main/app/services.ts'
import { adapter, veranda } from './command-line.ts'

test('“adapters import” gives the path, the name and the model on', async () => {
  const given: unknown[] = []
  const adapters: Partial<AdapterService> = {
    import(input) {
      given.push(input)
      return Promise.resolve(adapter)
    },
  }
  const words = ['adapters', 'import', '/a/b', '--name', 'pim', '--model', 'small', '--json']
  const { code, stdout } = await veranda(words, { services: { adapters } })
  expect(code).toBe(0)
  expect(given).toEqual([{ source: { kind: 'path', path: '/a/b' }, name: 'pim', model: 'small' }])
  expect(JSON.parse(stdout)).toEqual(adapter)
  expect((await veranda(words.slice(0, 3), { services: { adapters } })).stdout).toBe(
    '“pim” is there: rank 64, 812.3 KB, for small.\n',
  )
})

test('“adapters export” says where it went and how near it is', async () => {
  const parity = {
    prompts: 5,
    tokens: 80,
    largestDifference: 1.25e-5,
    meanDivergence: 1e-11,
    largestDivergence: 2e-10,
    sameChoices: 1,
  }
  const adapters: Partial<AdapterService> = {
    async *export(name, { format, path }) {
      yield { phase: 'write', share: 1 }
      yield { phase: 'check', share: 0.5 }
      return { path: `${path} ${name} ${format}`, sizeBytes: 2_000, parity, withoutAdapter: null }
    },
  }
  const words = ['adapters', 'export', 'pim:0.5', '--format', 'gguf-lora', '--out', '/x/pim.gguf']
  const { code, stdout, stderr } = await veranda(words, { services: { adapters } })
  expect(code).toBe(0)
  expect(stdout).toBe(
    "/x/pim.gguf pim:0.5 gguf-lora: 2.0 KB.\nRead again and compared on 5 prompts (80 tokens): logits differ by at most 0.000013, the next token's probabilities by 2.0e-10 nats (mean 1.0e-11); the likeliest token is the same in 100.0 %.\n",
  )
  expect(stderr).toContain('Comparing with the adapter here: 50 %')
  const whole = ['adapters', 'export', 'pim', '--format', 'gguf', '--out', '/x/pim']
  expect((await veranda(whole, { services: { adapters } })).stdout).toContain('/x/pim pim gguf:F16')
})

test('“adapters export --format gguf” is in 16 bits; what a merged model kept is said', async () => {
  const distance = (meanDivergence: number) => ({
    prompts: 5,
    tokens: 80,
    largestDifference: 1,
    meanDivergence,
    largestDivergence: 1,
    sameChoices: 1,
  })
  const formats: string[] = []
  const adapters: Partial<AdapterService> = {
    async *export(_, { format, path }) {
      formats.push(format)
      yield { phase: 'write', share: 1 }
      return { path, sizeBytes: 1, parity: distance(0.02), withoutAdapter: distance(0.5) }
    },
  }
  const run = (format: string) =>
    veranda(['adapters', 'export', 'pim', '--format', format, '--out', '/x'], { services: { adapters } })
  const half = await run('gguf')
  const four = await run('gguf:Q4_0')
  expect(formats).toEqual(['gguf:F16', 'gguf:Q4_0'])
  expect(half.stdout).toContain(
    '0.50 nats away in the mean; of what the adapter changes, the export keeps 96.0 %.',
  )
  expect(half.stdout).not.toContain('can lose')
  expect(four.stdout).toContain('Four bits a weight can lose what an adapter learned')
})

test.each([
  [['adapters', 'export', 'pim', '--format', 'onnx', '--out', 'x'], /--format takes veranda, peft/],
  [['adapters', 'export', 'pim', '--format', 'peft'], /--out is missing/],
  [['adapters', 'import'], /PATH is missing/],
])('%j is a wrong call', async (words, message) => {
  const { code, stderr } = await veranda(words)
  expect(code).toBe(2)
  expect(stderr).toMatch(message)
})
