import { join } from 'node:path'
import { kaimingNormal, kaimingUniform } from '../../../src-main/core/vera/kaiming.ts'
import { rand, randn, TorchGenerator, uniform } from '../../../src-main/core/vera/random.ts'
import { Check } from '../check.ts'
import { readJson, Tensors } from '../fixtures.ts'
import type { ReferenceKind } from '../kind.ts'

interface Rng {
  readonly streams: readonly {
    readonly seed: number
    readonly raw_u32_first64: readonly number[]
    readonly rand_float64_first4: readonly number[]
  }[]
  readonly kaiming: readonly {
    readonly seed: number
    readonly rows: number
    readonly cols: number
    readonly peft_kaiming_init: { readonly sha256: string }
    readonly lora_A_init_kaiming_uniform_a_sqrt5: { readonly sha256: string }
  }[]
}

/** PyTorch's vectorised log and cos from 16 normal values on are approximate. */
const normalTolerance = { absolute: 2e-6 }
/** Fewer are bit-equal but for another libm: one unit in the last place. */
const shortNormalTolerance = { absolute: 0, relative: 2 ** -23 }

/** PyTorch's CPU random numbers of a seed: words, uniform and normal tensors, Kaiming initialisation. */
export const rng: ReferenceKind = {
  name: 'rng',
  path: 'rng',
  check(reference) {
    const check = new Check()
    const { streams, kaiming } = readJson<Rng>(join(reference, 'rng', 'rng.json'))
    const tensors = new Tensors(join(reference, 'rng', 'rng.safetensors'))
    for (const { seed, raw_u32_first64: words, rand_float64_first4: doubles } of streams) {
      const [forWords, forDoubles] = [new TorchGenerator(seed), new TorchGenerator(seed)]
      const drawn = words.map(() => forWords.word())
      check.equal(`seed ${seed}, raw words`, drawn, words)
      const drawnDoubles = doubles.map(() => forDoubles.float64())
      check.equal(`seed ${seed}, float64`, drawnDoubles, doubles)
    }
    for (const name of tensors.names) checkDrawn(check, name, tensors.floats(name))
    const seeds = streams.map(({ seed }) => seed)
    checkSequence(check, seeds, tensors)
    for (const { seed, rows, cols, ...expected } of kaiming) {
      const what = `seed${seed}/${rows}x${cols}`
      const first = (kind: string): Float32Array => tensors.floats(`kaiming/${kind}/${what}/first32`)
      const peft = kaimingUniform(new TorchGenerator(seed), rows, cols)
      check.hash(`${what} as PEFT`, peft, expected.peft_kaiming_init.sha256)
      check.sameBits(`${what} as PEFT, first`, peft.subarray(0, 32), first('peft'))
      const lora = kaimingUniform(new TorchGenerator(seed), rows, cols, Math.sqrt(5))
      check.hash(`${what} as LoRA`, lora, expected.lora_A_init_kaiming_uniform_a_sqrt5.sha256)
      check.sameBits(`${what} as LoRA, first`, lora.subarray(0, 32), first('lora_a_sqrt5'))
      const normal = kaimingNormal(new TorchGenerator(seed), rows, cols)
      check.close(`${what} normal, first`, normal.subarray(0, 32), first('normal'), normalTolerance)
    }
    return check.outcome()
  },
}

/** `rand/seed3/n17` and the like, each from a fresh generator. */
function checkDrawn(check: Check, name: string, expected: Float32Array): void {
  const parts = /^(rand|uniform|randn)\/seed(-?\d+)\/n(\d+)(?:\/bound(.+))?$/.exec(name)
  if (parts === null) return
  const [, kind, seed, size, bound] = parts
  const generator = new TorchGenerator(Number(seed))
  const length = Number(size)
  if (kind === 'rand') check.sameBits(name, rand(generator, length), expected)
  else if (kind === 'uniform') {
    check.sameBits(name, uniform(generator, length, -Number(bound), Number(bound)), expected)
  } else {
    const tolerance = length < 16 ? shortNormalTolerance : normalTolerance
    check.close(name, randn(generator, length), expected, tolerance)
  }
}

/** Tensors drawn one after the other from one generator, of the fixture's seed that begins like them. */
function checkSequence(check: Check, seeds: readonly number[], tensors: Tensors): void {
  const parts = ['first', 'second'].flatMap((place) =>
    tensors.names.filter((name) => name.startsWith(`sequence/${place}`)).map((name) => tensors.floats(name)),
  )
  const begins = (seed: number): boolean => rand(new TorchGenerator(seed), 1)[0] === parts[0]?.[0]
  const generator = new TorchGenerator(seeds.find(begins) ?? Number.NaN)
  for (const [place, part] of parts.entries()) {
    check.sameBits(`sequence, tensor ${place}`, rand(generator, part.length), part)
  }
}
