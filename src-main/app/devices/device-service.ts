/** The devices of this computer: which there are, whether they compute rightly, how fast, and which is used. */
import { cpus, freemem } from 'node:os'
import type { Computer, DeviceChoice, DeviceEntry, DeviceStage, Fit } from '../../contract/devices.ts'
import { resultOf } from '../../contract/event-stream.ts'
import { Failure, textOf } from '../../contract/failure.ts'
import { type Sentence, sentence } from '../../contract/sentence.ts'
import type { Engine } from '../../engine/contract.ts'
import {
  type Device,
  type DeviceOptions,
  halvingDevices,
  type ProbeResult,
  theProcessor,
} from '../../engine/device-contract.ts'
import { bytesNeeded, fitOf, machineMemoryBytes, type SizedModel } from '../models/memory-needed.ts'
import { defaultTrainingSettings } from '../personalize/default-settings.ts'
import { DeviceEngine } from './device-engine.ts'
import {
  deviceStore,
  type DeviceRecord,
  type DeviceRecords,
  fastest,
  inBetterPrecision,
} from './device-records.ts'
import { fingerprintOf, type GraphicsCard, readGraphicsCards } from './graphics.ts'
import type { Storage } from '../storage/storage.ts'

/** A device that takes longer hangs, or is of no use. */
const defaultProbeLimitMs = 5 * 60_000

export interface ProbedModel {
  readonly name: string
  readonly directory: string
}

export interface Devices {
  /** What computes on the device that is used. */
  readonly engine: Engine
  state(models: readonly SizedModel[]): Promise<Computer>
  /** Tests and measures every device, one after the other. */
  measure(model: ProbedModel | null, signal: AbortSignal): AsyncGenerator<DeviceStage, void>
  /** A device that wasn't tested yet is tested first. */
  choose(choice: DeviceChoice): Promise<void>
  /** Why the device that was chosen is not used; null where it is, or nothing was computed yet. */
  readonly fallback: Sentence | null
}

export interface DevicesOptions {
  readonly storage: Storage
  readonly processor: Engine
  /** Null where the host has none but the processor's. */
  readonly engineOn: ((device: DeviceOptions) => Engine) | null
  /** Overrides the person's choice, for this run of the app. */
  readonly asked: DeviceChoice | null
  readonly readCards?: () => Promise<readonly GraphicsCard[]>
  readonly probeLimitMs?: number
}

interface Surroundings {
  readonly devices: readonly Device[]
  readonly cards: readonly GraphicsCard[]
  readonly fingerprint: string
}

interface Decision {
  readonly options: DeviceOptions
  readonly fallback: Sentence | null
}

export function openDevices(options: DevicesOptions): Devices {
  const {
    processor,
    engineOn,
    asked,
    readCards = readGraphicsCards,
    probeLimitMs = defaultProbeLimitMs,
  } = options
  const store = deviceStore(options.storage)
  let surroundings: Promise<Surroundings> | null = null
  let decision: Promise<Decision> | null = null
  let fallback: Sentence | null = null

  const look = (): Promise<Surroundings> =>
    (surroundings ??= (async () => {
      const { devices, libraryVersion } = await resultOf(processor.run('listDevices', null))
      const cards = await readCards()
      const usable = engineOn === null ? devices.filter((device) => device === 'cpu') : devices
      return { devices: usable, cards, fingerprint: fingerprintOf(cards, libraryVersion) }
    })())

  const choice = (): DeviceChoice => asked ?? store.choice()

  const optionsOf = (device: Device, cards: readonly GraphicsCard[], halves: boolean): DeviceOptions =>
    device === 'cpu' ? theProcessor : { device, memoryBytes: cards[0]?.memoryBytes ?? null, halves }

  /** The device as its records say it is best used. */
  const bestOf = (device: Device, { cards, fingerprint }: Surroundings): DeviceOptions =>
    optionsOf(device, cards, store.records(fingerprint)[device]?.halves === true)

  /** Tests one device, with a model measures it too, in 16 bits as well where it could be; keeps what comes of it. */
  async function* probe(
    device: Device,
    model: ProbedModel | null,
    signal?: AbortSignal,
  ): AsyncGenerator<DeviceStage, DeviceRecord> {
    const { fingerprint } = await look()
    let record = yield* probeIn(false, device, model, signal)
    if (record.works && halvingDevices.includes(device) && signal?.aborted !== true)
      record = inBetterPrecision(record, yield* probeIn(true, device, model, signal))
    if (signal?.aborted !== true) store.keep(fingerprint, device, record)
    return record
  }

  async function* probeIn(
    halves: boolean,
    device: Device,
    model: ProbedModel | null,
    signal?: AbortSignal,
  ): AsyncGenerator<DeviceStage, DeviceRecord> {
    const { cards, fingerprint } = await look()
    const engine =
      device === 'cpu' || engineOn === null ? processor : engineOn(optionsOf(device, cards, halves))
    const isOwn = engine !== processor
    let hung = false
    const limit = setTimeout(() => {
      hung = isOwn
      if (isOwn) void engine.close()
    }, probeLimitMs)
    try {
      const input = { modelDirectory: model?.directory ?? null, rank: defaultTrainingSettings.rank }
      const events = engine.run('probe', input, signal)
      let next = await events.next()
      for (; next.done !== true; next = await events.next()) yield { device, stage: next.value.stage }
      return toRecord(next.value, model, store.records(fingerprint)[device])
    } catch (error) {
      if (!(error instanceof Failure)) throw error
      const reason = hung
        ? sentence`It did not do a few steps within ${probeLimitMs / 60_000} minutes.`
        : error.text
      return { works: false, reason, measure: null, halves: false, halvesReason: null }
    } finally {
      clearTimeout(limit)
      if (isOwn) await engine.close()
    }
  }

  async function decide(): Promise<Decision> {
    const wanted = choice()
    if (wanted === 'cpu' || engineOn === null) return { options: theProcessor, fallback: null }
    // Nothing to choose from: not even looked for.
    if (wanted === 'auto' && !store.hasRecords()) return { options: theProcessor, fallback: null }
    const found = await look()
    const { devices, fingerprint } = found
    if (wanted === 'auto')
      return { options: bestOf(fastest(store.records(fingerprint)), found), fallback: null }
    const refuse = (reason: Sentence): Decision => ({ options: theProcessor, fallback: reason })
    if (!devices.includes(wanted))
      return refuse(sentence`There is no “${wanted}” in this build of ONNX Runtime.`)
    const record = store.records(fingerprint)[wanted] ?? (await resultOf(probe(wanted, null)))
    return record.works
      ? { options: bestOf(wanted, found), fallback: null }
      : refuse(record.reason ?? sentence`It failed.`)
  }

  const decided = async (): Promise<Decision> => {
    decision ??= decide().catch((error: unknown) => ({ options: theProcessor, fallback: textOf(error) }))
    const made = await decision
    fallback = made.fallback
    return made
  }

  const engine = new DeviceEngine({
    processor,
    engineOn: engineOn ?? (() => processor),
    wanted: async () => (await decided()).options,
    onFault(_device, reason) {
      fallback = reason
      decision = Promise.resolve({ options: theProcessor, fallback: reason })
    },
  })

  return {
    engine,
    get fallback() {
      return fallback
    },
    async state(models) {
      const { devices, cards, fingerprint } = await look()
      const { options: used, fallback: reason } = await decided()
      const records = store.records(fingerprint)
      const memory = used.memoryBytes ?? machineMemoryBytes()
      const fit = (bytes: number): Fit => fitOf(bytes, memory, used.memoryBytes !== null)
      return {
        memoryBytes: machineMemoryBytes(),
        freeMemoryBytes: freemem(),
        threads: cpus().length,
        devices: devices.map((device) => entryOf(device, cards, records)),
        choice: choice(),
        inUse: used.device,
        fallback: reason,
        models: models.map((model) => {
          const { chatBytes, trainingBytes, isMeasured } = bytesNeeded(model, floatBytesOn(used))
          const { name, installed } = model
          const [chat, training] = [fit(chatBytes), fit(trainingBytes)]
          return { name, installed, chatBytes, chat, trainingBytes, training, isMeasured }
        }),
      }
    },
    async *measure(model, signal) {
      const { devices } = await look()
      for (const device of devices) {
        if (signal.aborted) break
        yield* probe(device, model, signal)
      }
      decision = null
    },
    async choose(chosen) {
      store.choose(chosen)
      decision = null
      await decided()
    },
  }
}

/** Of a number in a training's weights; null where they are held as the model has them. */
function floatBytesOn({ device, halves }: DeviceOptions): 2 | 4 | null {
  if (device !== 'webgpu') return null
  return halves ? 2 : 4
}

function toRecord(
  { failure, runtimeReason, ...result }: ProbeResult,
  model: ProbedModel | null,
  before: DeviceRecord | undefined,
): DeviceRecord {
  const { promptTokensPerSecond, tokensPerSecond, trainingTokensPerSecond } = result
  const isMeasured =
    promptTokensPerSecond !== null && tokensPerSecond !== null && trainingTokensPerSecond !== null
  const measure =
    model !== null && isMeasured
      ? {
          modelName: model.name,
          promptTokensPerSecond,
          tokensPerSecond,
          trainingTokensPerSecond,
          measuredAt: Date.now(),
        }
      : (before?.measure ?? null)
  return {
    works: failure === null,
    reason: failure ?? runtimeReason,
    measure,
    halves: false,
    halvesReason: null,
  }
}

function entryOf(device: Device, cards: readonly GraphicsCard[], records: DeviceRecords): DeviceEntry {
  const record = records[device]
  const [card] = cards
  const state = record === undefined ? 'untested' : record.works ? 'works' : 'fails'
  return {
    device,
    hardware: device === 'cpu' ? (cpus()[0]?.model.trim() ?? null) : (card?.name ?? null),
    memoryBytes: device === 'cpu' ? machineMemoryBytes() : (card?.memoryBytes ?? null),
    state: device === 'cpu' ? 'works' : state,
    reason: record?.reason ?? null,
    measure: record?.measure ?? null,
    halves: record?.halves ?? false,
    halvesReason: record?.halvesReason ?? null,
  }
}
