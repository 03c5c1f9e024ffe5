import { createHash } from 'node:crypto'
import { statSync } from 'node:fs'
import { projectionsOfAdapter } from '../core/vera/adapter-file.ts'
import type { VeraLayout } from '../core/vera/layout.ts'
import { type LiveAdapter, withStrength } from '../core/vera/live-adapter.ts'
import type { AdapterReference } from './contract.ts'
import type { ModelFolder } from './model-folder.ts'
import { hashLayout, type OpenAdapter, readAdapters, together } from './open-adapter.ts'

/** A thousand adapters of the default model at rank 64 fit. */
const heldBytes = 400_000_000
/** The largest number that 16 bits hold. */
const largestHalf = 65_504

interface Held {
  readonly sizeBytes: number
  readonly modifiedMs: number
  readonly identity: string
  readonly shared: Shared
  /** In 16 bits where they fit: answers change less than by the rounding of activations. */
  readonly vectors: Float16Array | Float32Array
}

/** What adapters of one layout and one pair of projections have in common. */
interface Shared {
  readonly group: string
  readonly layout: VeraLayout
  readonly projectionFeeds: LiveAdapter['projectionFeeds']
}

/** The adapters that were used, ready to be used again without their files; the least used goes first. */
export class HeldAdapters {
  readonly #isExact: boolean
  readonly #budgetBytes: number
  /** By path and model; the last used one last. */
  readonly #held = new Map<string, Held>()
  readonly #shared = new Map<string, WeakRef<Shared>>()

  /** @param isExact holds all in 32 bits */
  constructor(isExact: boolean, budgetBytes = heldBytes) {
    this.#isExact = isExact
    this.#budgetBytes = budgetBytes
  }

  /** Of the vectors; adapters alike share the rest. */
  get bytes(): number {
    return this.#held.values().reduce((sum, { vectors }) => sum + vectors.byteLength, 0)
  }

  get count(): number {
    return this.#held.size
  }

  /** Fails where `openAdapter` does. */
  open({ path, strength }: AdapterReference, folder: ModelFolder): OpenAdapter {
    const key = `${folder.summary.sourceHash} ${path}`
    const known = this.#held.get(key)
    const held = known !== undefined && isUnchanged(path, known) ? known : this.#read(path, folder)
    this.#held.delete(key)
    this.#held.set(key, held)
    this.#evict()
    const { layout, projectionFeeds, group } = held.shared
    const live = { layout, vectors: Float32Array.from(held.vectors), projectionFeeds, dropout: null }
    return {
      live: withStrength(live, strength),
      identity: `${strength} ${held.identity}`,
      group: layout.method === 'lora' ? null : group,
    }
  }

  #read(path: string, folder: ModelFolder): Held {
    const stat = statSync(path, { throwIfNoEntry: false })
    const { bytes, adapters } = readAdapters(path, folder)
    const { layout, vectors } = together(adapters, () => null)
    const identity = createHash('sha256').update(bytes).digest('hex')
    const from = adapters.map(({ settings, storedProjections }) =>
      storedProjections === null ? `key ${settings.projectionKey}` : `file ${identity}`,
    )
    const group = `${hashLayout(layout)} ${from.join()}`
    const shared = this.#shared.get(group)?.deref() ?? {
      group,
      layout,
      projectionFeeds: together(adapters, projectionsOfAdapter).projectionFeeds,
    }
    this.#shared.set(group, new WeakRef(shared))
    const fits = !this.#isExact && vectors.every((value) => Math.abs(value) <= largestHalf)
    return {
      sizeBytes: stat?.size ?? 0,
      modifiedMs: stat?.mtimeMs ?? 0,
      identity,
      shared,
      vectors: fits ? new Float16Array(vectors) : vectors.slice(),
    }
  }

  #evict(): void {
    let bytes = this.bytes
    for (const [key, { vectors }] of this.#held) {
      if (bytes <= this.#budgetBytes || this.#held.size === 1) return
      this.#held.delete(key)
      bytes -= vectors.byteLength
    }
  }
}

function isUnchanged(path: string, { sizeBytes, modifiedMs }: Held): boolean {
  const stat = statSync(path, { throwIfNoEntry: false })
  return stat !== undefined && stat.size === sizeBytes && stat.mtimeMs === modifiedMs
}
