import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { inEnglish } from '../../../src-main/contract/sentence.ts'
import { Failure } from '../../../src-main/contract/failure.ts'
import { memorySource } from '../../../src-main/core/checkpoint/byte-source.ts'
import type { ByteSource } from '../../../src-main/core/checkpoint/byte-source.ts'
import { writeSafetensors } from '../../../src-main/core/checkpoint/safetensors.ts'
import type { SafetensorsData } from '../../../src-main/core/checkpoint/safetensors.ts'
import { dequantize } from '../../../src-main/core/checkpoint/weight-formats.ts'
import { openGguf, openHuggingFaceFolder } from '../../../src-main/core/llama/llama-checkpoint.ts'
import type { LlamaCheckpoint } from '../../../src-main/core/llama/llama-checkpoint.ts'
import { fileSource } from '../checkpoint/file-source.ts'
import { hasRealModel, realModelPath } from '../real-model.ts'

const reference = new URL('../../golden/reference/', import.meta.url)

const tinyGguf = (format: string): LlamaCheckpoint =>
  openGguf(memorySource(readFileSync(new URL(`gguf-quants/tiny-llama-tied-${format}.gguf`, reference))))

function folder(
  name: string,
  changes: Readonly<Record<string, Uint8Array | null>> = {},
): Map<string, ByteSource> {
  const directory = new URL(`tiny-llama/${name}/`, reference)
  const files = new Map<string, ByteSource>(
    readdirSync(directory).map((file) => [file, memorySource(readFileSync(new URL(file, directory)))]),
  )
  for (const [file, bytes] of Object.entries(changes)) {
    if (bytes === null) files.delete(file)
    else files.set(file, memorySource(bytes))
  }
  return files
}

const json = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value))
const file = (path: string): Uint8Array =>
  Uint8Array.from(readFileSync(new URL(`tiny-llama/${path}`, reference)))
const parsed = (path: string): Record<string, unknown> => JSON.parse(new TextDecoder().decode(file(path)))

function values(checkpoint: LlamaCheckpoint, name: string): Float32Array {
  const tensor = checkpoint.tensors.get(name)
  if (!tensor) throw new Error(`no tensor ${name}`)
  return dequantize(
    tensor.format,
    tensor.read(),
    tensor.shape.reduce((a, b) => a * b, 1),
  )
}

const sha256 = (data: Float32Array): string =>
  createHash('sha256')
    .update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
    .digest('hex')

const tinyConfig = {
  vocabularySize: 256,
  hiddenSize: 64,
  intermediateSize: 160,
  layerCount: 2,
  headCount: 4,
  kvHeadCount: 2,
  headDim: 16,
  contextLength: 256,
  ropeTheta: 10000,
  ropeScaling: { type: 'none' },
  tiedEmbeddings: true,
  attentionBias: false,
  mlpBias: false,
}

describe('GGUF', () => {
  const original = openHuggingFaceFolder(folder('tied'))

  test.each([
    ['F16', 5e-4],
    ['Q8_0', 0.01],
    ['Q4_1', 0.1],
  ])('%s: the weights of the folder it was made from, in the same order', (format, tolerance) => {
    const checkpoint = tinyGguf(format)
    expect(checkpoint.config).toMatchObject(tinyConfig)
    expect(checkpoint.config.normEpsilon).toBeCloseTo(1e-5, 10)
    expect(inEnglish(checkpoint.quantization)).toBe(format)
    expect(checkpoint.name).toBe('tiny-llama')
    expect([...checkpoint.tensors.keys()]).toEqual([...original.tensors.keys()])
    for (const name of original.tensors.keys()) {
      const expected = values(original, name)
      const largest = expected.reduce((a, b) => Math.max(a, Math.abs(b)), 0)
      const furthest = values(checkpoint, name).reduce((far, value, index) => {
        return Math.max(far, Math.abs(value - (expected[index] ?? NaN)))
      }, 0)
      expect(furthest, name).toBeLessThanOrEqual(tolerance * largest)
    }
  })

  test('has a tokenizer and no chat template', () => {
    const { tokenizer, chatTemplate } = tinyGguf('F16')
    expect(tokenizer).toMatchObject({ bosId: 1, eosIds: [2], controlIds: [0, 1, 2] })
    expect(chatTemplate).toBeNull()
  })
})

describe.skipIf(!hasRealModel)('SmolLM2', () => {
  interface Golden {
    readonly name: string
    readonly hf_order_sha256?: string
  }
  const golden: readonly Golden[] = JSON.parse(
    readFileSync(new URL('smollm2/dequant.json', reference), 'utf8'),
  )
  const hfNames: Record<string, string> = {
    'blk.0.attn_q.weight': 'model.layers.0.self_attn.q_proj.weight',
    'blk.29.attn_k.weight': 'model.layers.29.self_attn.k_proj.weight',
  }

  test('opens with the configuration transformers makes of it, and rotary halves', () => {
    const source = fileSource(realModelPath)
    const checkpoint = openGguf(source)
    const config = JSON.parse(readFileSync(new URL('smollm2/config_as_loaded.json', reference), 'utf8'))
    expect(checkpoint.config).toEqual({
      vocabularySize: config.vocab_size,
      hiddenSize: config.hidden_size,
      intermediateSize: config.intermediate_size,
      layerCount: config.num_hidden_layers,
      headCount: config.num_attention_heads,
      kvHeadCount: config.num_key_value_heads,
      headDim: config.head_dim,
      normEpsilon: config.rms_norm_eps,
      contextLength: config.max_position_embeddings,
      ropeTheta: config.rope_parameters.rope_theta,
      ropeScaling: { type: 'none' },
      tiedEmbeddings: true,
      attentionBias: false,
      mlpBias: false,
    })
    expect(inEnglish(checkpoint.quantization)).toBe('Q4_1 79%, Q8_0 21%')
    expect(checkpoint.chatTemplate).toContain('<|im_start|>')
    const reordered = golden.filter(({ hf_order_sha256: hash }) => hash !== undefined)
    expect(reordered).toHaveLength(2)
    for (const { name, hf_order_sha256: hash } of reordered) {
      expect(sha256(values(checkpoint, hfNames[name] ?? '')), name).toBe(hash)
    }
    source.close()
  })
})

describe('Hugging Face folders', () => {
  test.each(['tied', 'untied-llama3', 'bias'])(
    '%s: transformers 4 and 5 write the same configuration',
    (name) => {
      const five = openHuggingFaceFolder(folder(name))
      const four = openHuggingFaceFolder(
        folder(name, { 'config.json': file(`${name}/config.transformers4.json`) }),
      )
      expect(four.config).toEqual(five.config)
      expect(five.tokenizer).toBeNull()
    },
  )

  test('tied, untied with llama3 scaling, biased with wide heads', () => {
    expect(openHuggingFaceFolder(folder('tied')).config).toEqual({ ...tinyConfig, normEpsilon: 1e-5 })
    expect(openHuggingFaceFolder(folder('untied-llama3')).config).toMatchObject({
      tiedEmbeddings: false,
      ropeTheta: 10000,
      ropeScaling: {
        type: 'llama3',
        factor: 8,
        lowFrequencyFactor: 1,
        highFrequencyFactor: 4,
        originalContextLength: 32,
      },
    })
    const bias = openHuggingFaceFolder(folder('bias'))
    expect(bias.config).toMatchObject({ attentionBias: true, mlpBias: true, headDim: 24 })
    expect(bias.tensors.get('model.layers.1.self_attn.q_proj.weight')?.shape).toEqual([96, 64])
    expect(bias.tensors.get('model.layers.1.self_attn.o_proj.bias')?.shape).toEqual([64])
  })

  test('bfloat16', () => {
    const checkpoint = openHuggingFaceFolder(folder('tied-bf16'))
    expect(inEnglish(checkpoint.quantization)).toBe('BF16')
    const expected = values(openHuggingFaceFolder(folder('tied')), 'model.norm.weight')
    expect(Math.abs((values(checkpoint, 'model.norm.weight')[3] ?? 0) - (expected[3] ?? 1))).toBeLessThan(
      0.01,
    )
  })

  test('several files are one model', () => {
    const single = openHuggingFaceFolder(folder('untied-llama3'))
    const sharded = openHuggingFaceFolder(folder('untied-llama3-sharded'))
    expect(sharded.config).toEqual(single.config)
    expect([...sharded.tensors.keys()]).toEqual([...single.tensors.keys()])
    for (const [name, tensor] of single.tensors)
      expect(sharded.tensors.get(name)?.read()).toEqual(tensor.read())
  })

  test('the chat template stands in either of two files', () => {
    const config = json({
      chat_template: [
        { name: 'tool', template: 'no' },
        { name: 'default', template: 'yes' },
      ],
    })
    expect(openHuggingFaceFolder(folder('tied', { 'tokenizer_config.json': config })).chatTemplate).toBe(
      'yes',
    )
    const both = folder('tied', {
      'tokenizer_config.json': config,
      'chat_template.jinja': new TextEncoder().encode('own'),
    })
    expect(openHuggingFaceFolder(both).chatTemplate).toBe('own')
  })

  test("SentencePiece's tokenizer.model, where there is no tokenizer.json", () => {
    const model = readFileSync(new URL('../../golden/tokenizers/sentencepiece/llama.model', import.meta.url))
    const config = new TextEncoder().encode('{ "legacy": false, "bos_token": "<s>" }')
    const files = { 'tokenizer.json': null, 'tokenizer.model': model, 'tokenizer_config.json': config }
    const { tokenizer } = openHuggingFaceFolder(folder('tied', files))
    expect(tokenizer).toMatchObject({ bosId: 1, eosIds: [2], controlIds: [0, 1, 2] })
    expect(tokenizer?.normalization).toContainEqual({ prepend: ' ', to: 'first' })
  })
})

describe('what cannot be opened says why', () => {
  const config = parsed('tied/config.json')
  const changed = (changes: Record<string, unknown>) => () =>
    openHuggingFaceFolder(folder('tied', { 'config.json': json({ ...config, ...changes }) }))
  const rewritten = (change: (tensors: Map<string, SafetensorsData>) => void) => () => {
    const tensors = new Map<string, SafetensorsData>()
    for (const [name, tensor] of openHuggingFaceFolder(folder('tied')).tensors) {
      tensors.set(name, { dtype: 'F32', shape: tensor.shape, bytes: tensor.read() })
    }
    change(tensors)
    return openHuggingFaceFolder(folder('tied', { 'model.safetensors': writeSafetensors(tensors) }))
  }
  const norm = 'model.layers.1.input_layernorm.weight'

  const cases: [string, () => unknown, string, RegExp][] = [
    ['another architecture', changed({ model_type: 'mamba' }), 'model-architecture', /architecture mamba/],
    [
      'a model that sees pictures',
      changed({ model_type: 'gemma3', text_config: {} }),
      'model-architecture',
      /reads pictures/,
    ],
    ['another activation', changed({ hidden_act: 'gelu' }), 'model-architecture', /activation gelu/],
    ['a missing setting', changed({ hidden_size: undefined }), 'model-metadata', /no valid hidden_size/],
    [
      'an unknown rotary scaling',
      changed({ rope_parameters: { rope_type: 'proportional' } }),
      'model-rope',
      /scaling proportional/,
    ],
    [
      'rotary divisors that are not there',
      changed({ rope_parameters: { rope_type: 'longrope' } }),
      'model-metadata',
      /8 positive numbers as short_factor/,
    ],
    [
      'settings of another size',
      changed({ intermediate_size: 128 }),
      'model-tensor',
      /gate_proj.weight has the shape \[160, 64\] .* \[128, 64\]/,
    ],
    [
      'a missing tensor',
      rewritten((tensors) => tensors.delete(norm)),
      'model-tensor',
      /lacks the tensor model\.layers\.1\.input/,
    ],
    [
      'a tensor of another kind of model',
      rewritten((tensors) =>
        tensors.set('model.layers.0.self_attn.q_norm.weight', {
          dtype: 'U8',
          shape: [0],
          bytes: new Uint8Array(),
        }),
      ),
      'weight-format',
      /q_norm/,
    ],
    [
      'no weights',
      () => openHuggingFaceFolder(folder('tied', { 'model.safetensors': null })),
      'model-folder',
      /lacks the file model.safetensors/,
    ],
    [
      'no settings',
      () => openHuggingFaceFolder(folder('tied', { 'config.json': null })),
      'model-folder',
      /config.json/,
    ],
    [
      'settings that are not JSON',
      () => openHuggingFaceFolder(folder('tied', { 'config.json': new TextEncoder().encode('{') })),
      'model-folder',
      /not JSON/,
    ],
    [
      'a missing shard',
      () =>
        openHuggingFaceFolder(folder('untied-llama3-sharded', { 'model-00002-of-00003.safetensors': null })),
      'model-folder',
      /lacks the file model-00002/,
    ],
  ]
  test.each(cases)('%s', (_name, open, code, message) => {
    expect(open).toThrow(expect.objectContaining({ code }))
    expect(open).toThrow(message)
  })

  test('a surplus tensor in a readable format', () => {
    const surplus: SafetensorsData = { dtype: 'F32', shape: [1], bytes: new Uint8Array(4) }
    expect(rewritten((tensors) => tensors.set('model.layers.0.self_attn.q_norm.weight', surplus))).toThrow(
      expect.objectContaining({ code: 'model-tensor', message: expect.stringMatching(/q_norm/) }),
    )
  })
})

describe('damage anywhere is a failure a person can read', () => {
  const header = 6000
  const whole = Uint8Array.from(readFileSync(new URL('gguf-quants/tiny-llama-tied-Q4_1.gguf', reference)))
  const open = (bytes: Uint8Array): unknown => {
    try {
      return openGguf(memorySource(bytes))
    } catch (error) {
      return error
    }
  }

  test('wherever the file is cut', () => {
    for (let length = 0; length < whole.length; length += 499) {
      expect(open(whole.subarray(0, length)), `${length} bytes`).toBeInstanceOf(Failure)
    }
  })

  test('whichever byte of the header is changed', () => {
    for (let at = 0; at < header; at += 7) {
      const damaged = Uint8Array.from(whole)
      damaged[at] = (whole[at] ?? 0) ^ (1 << (at % 8))
      const opened = open(damaged)
      if (opened instanceof Error) expect(opened, `byte ${at}: ${opened.stack}`).toBeInstanceOf(Failure)
    }
  })
})

test.each([
  ['rotary pairs moved', () => tinyGguf('Q8_0')],
  ['as it is', () => openHuggingFaceFolder(folder('tied-bf16'))],
] as const)('rows are read by ranges as they are in one, %s', (_which, open) => {
  for (const { shape, read } of open().tensors.values()) {
    const whole = read()
    const [rows = 0] = shape
    const rowBytes = whole.length / rows
    // Within a head of 16, across several, up to the end.
    for (const [first, count] of [
      [0, 3],
      [5, 2],
      [7, 20],
      [rows - 1, 1],
    ] as const) {
      const expected = whole.subarray(first * rowBytes, (first + count) * rowBytes)
      expect(Buffer.compare(read(first, count), expected)).toBe(0)
    }
    expect(Buffer.compare(read(9), whole.subarray(9 * rowBytes))).toBe(0)
  }
})
