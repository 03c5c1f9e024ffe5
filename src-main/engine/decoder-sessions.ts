import { Drafting } from '../core/generation/drafting.ts'
import type { Graph } from '../core/graph/graph.ts'
import type { Runtime, Session } from '../core/graph/runtime.ts'
import { decoderGraph, lowerToStored, stepGraph } from '../core/llama/decoder-graph.ts'
import { cacheOutputs } from '../core/llama/device-kv-cache.ts'
import { adaptGraph } from '../core/vera/adapted-linear.ts'
import type { VeraLayout } from '../core/vera/layout.ts'
import { takesWholeProjections } from '../core/vera/whole-projections.ts'
import { type ModelFolder, weightsFile } from './model-folder.ts'
import { hashLayout } from './open-adapter.ts'

/** Sessions of one model kept ready though nothing uses them: with and without an adapter. */
const keptSessions = 2

interface DecoderSession {
  readonly session: Session
  /** Knows what its steps cost. */
  readonly drafting: Drafting
}

/** Stays open until it is given back. */
interface TakenSession extends DecoderSession {
  giveBack(): void
}

interface Entry {
  readonly key: string
  readonly opened: Promise<DecoderSession>
  users: number
}

/** What runs a model's decoder graphs: one session a layout of adapters. */
export class DecoderSessions {
  readonly #folder: ModelFolder
  readonly #runtime: Runtime
  /** The last used one last. */
  readonly #entries: Entry[] = []

  constructor(folder: ModelFolder, runtime: Runtime) {
    this.#folder = folder
    this.#runtime = runtime
  }

  async take(layout: VeraLayout | null, fast: boolean): Promise<TakenSession> {
    const key = `${fast ? 'fast ' : ''}${layout === null ? '' : hashLayout(layout)}`
    const known = this.#entries.findIndex((entry) => entry.key === key)
    const [entry = { key, opened: this.#open(layout, fast), users: 0 }] =
      known < 0 ? [] : this.#entries.splice(known, 1)
    entry.users++
    this.#entries.push(entry)
    try {
      await this.#closeUnused()
      const opened = await entry.opened
      return { ...opened, giveBack: () => void entry.users-- }
    } catch (error) {
      entry.users--
      this.#drop(entry)
      throw error
    }
  }

  /** For steps of several texts; each row has vectors of its own where there is a layout. */
  openStep(layout: VeraLayout | null, fast: boolean): Promise<Session> {
    const plain = stepGraph(this.#folder.model, weightsFile, this.#runtime.blockArithmetic !== null)
    return this.#load(layout === null ? plain : adaptGraph(plain, layout, { rows: 'N' }), fast)
  }

  async close(): Promise<void> {
    for (const { opened } of this.#entries.splice(0)) await (await opened).session.close()
  }

  async #open(layout: VeraLayout | null, fast: boolean): Promise<DecoderSession> {
    const { model } = this.#folder
    const isJoined = this.#runtime.deviceMemory !== null
    const { blockArithmetic } = this.#runtime
    const [fused, whole] = [blockArithmetic !== null, takesWholeProjections(blockArithmetic)]
    const plain = decoderGraph(model, weightsFile, isJoined ? { joinsCache: true } : { fused })
    const graph = layout === null ? plain : adaptGraph(plain, layout, { whole })
    const session = await this.#load(graph, fast, isJoined ? cacheOutputs(model.config) : [])
    return { session, drafting: new Drafting(() => performance.now()) }
  }

  #load(graph: Graph, fast: boolean, staying: readonly string[] = []): Promise<Session> {
    const { model, directory } = this.#folder
    const { blockArithmetic } = this.#runtime
    const arithmetic = fast && blockArithmetic !== null ? 'int8' : blockArithmetic
    const lowered = lowerToStored(graph, model, weightsFile, arithmetic)
    return this.#runtime.open(lowered, { weightsDirectory: directory, staying })
  }

  async #closeUnused(): Promise<void> {
    const unused = this.#entries.filter(({ users }) => users === 0)
    for (const entry of unused.slice(0, Math.max(0, this.#entries.length - keptSessions))) {
      this.#drop(entry)
      await (await entry.opened).session.close()
    }
  }

  #drop(entry: Entry): void {
    const at = this.#entries.indexOf(entry)
    if (at >= 0) this.#entries.splice(at, 1)
  }
}
