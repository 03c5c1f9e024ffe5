import { fork } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import type { TrainEvent, TrainInput } from '../../src-main/engine/contract.ts'
import { TorchGenerator } from '../../src-main/core/vera/random.ts'
import { temporaryFolder, tinyChatModel } from './tiny-chat-model.ts'
import { pairExamples, tinySettings } from './tiny-run.ts'

/** Two runs at once, each killed so often. */
const killsOfRun = 25
/** A child that is killed by its age may not come to a step, one killed by its steps gets on. */
const oldestMs = 300
const mostSteps = 10

const child = fileURLToPath(new URL('children/training.ts', import.meta.url))

/** Everything that a checkpoint holds is in play: an average, the best vectors, more than one seed. */
const settings = {
  ...tinySettings,
  rank: 4,
  targets: ['q_proj' as const, 'down_proj' as const],
  epochs: 40,
  averageDecay: 0.9,
  evaluations: 10,
  keep: 'best' as const,
  seeds: 2,
}

interface Kill {
  /** What the child says so often until its time runs. */
  readonly after: 'prepared' | 'step'
  readonly times: number
  readonly ms: number
}

/** Runs the child to its end, or kills it some time after it said something; the step it began at. */
async function live(input: TrainInput, kill: Kill | null): Promise<{ began: number; ended: boolean }> {
  const path = join(input.runDirectory, 'input.json')
  writeFileSync(path, JSON.stringify(input))
  const training = fork(child, [path], {
    execArgv: [],
    env: { ...process.env, NODE_COMPILE_CACHE: join(input.modelDirectory, 'compile-cache') },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  let began = -1
  let heard = 0
  training.on('message', (event: TrainEvent) => {
    if (event.type === 'prepared') began = event.resumedAtStep
    if (event.type !== kill?.after || ++heard !== kill.times) return
    setTimeout(() => training.kill('SIGKILL'), kill.ms)
  })
  const [code] = (await once(training, 'exit')) as [number | null]
  return { began, ended: code === 0 }
}

test(
  'a run that is killed at any moment ends with the vectors of an unbroken one',
  { timeout: 120_000 },
  async () => {
    const seed = Math.floor(Math.random() * 2 ** 32)
    console.log(`killed at the times of seed ${seed}`)
    const generator = new TorchGenerator(seed)
    const modelDirectory = await tinyChatModel()
    const newInput = (): TrainInput => ({
      modelDirectory,
      examples: pairExamples(),
      heldOut: pairExamples([['who?', 'pim']]),
      replay: [],
      settings,
      runDirectory: temporaryFolder(),
    })
    const vectorsOf = ({ runDirectory }: TrainInput) =>
      readFileSync(join(runDirectory, 'adapter.safetensors'))
    const whole = newInput()
    expect(await live(whole, null)).toEqual({ began: 0, ended: true })

    async function breakAndGoOn(kills: readonly Kill[]): Promise<void> {
      const broken = newInput()
      const begun: number[] = []
      for (const kill of kills) {
        const { began, ended } = await live(broken, kill)
        expect(ended, 'the run is longer than all of its lives').toBe(false)
        begun.push(began)
      }
      const { began, ended } = await live(broken, null)
      expect(ended).toBe(true)
      // Never back, and from many places.
      expect([...begun, began]).toEqual([...begun, began].toSorted((a, b) => a - b))
      expect(new Set(begun).size).toBeGreaterThan(killsOfRun / 4)
      expect(vectorsOf(broken)).toEqual(vectorsOf(whole))
    }

    const draw = (_: unknown, index: number): Kill =>
      index % 2 === 0
        ? {
            after: 'step',
            times: 2 + Math.floor(generator.float64() * mostSteps),
            ms: generator.float64() * 10,
          }
        : { after: 'prepared', times: 1, ms: generator.float64() * oldestMs }
    const plans = [0, 1].map(() => Array.from({ length: killsOfRun }, draw))
    await Promise.all(plans.map(breakAndGoOn))
  },
)
