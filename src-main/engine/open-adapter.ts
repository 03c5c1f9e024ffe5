import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { Failure } from '../contract/failure.ts'
import { sentence } from '../contract/sentence.ts'
import {
  checkBaseModel,
  type DecodedAdapter,
  decodeAdapters,
  projectionsOfAdapter,
  readAdapterSettings,
} from '../core/vera/adapter-file.ts'
import { addUp } from '../core/vera/blend.ts'
import type { VeraLayout } from '../core/vera/layout.ts'
import { type LiveAdapter, liveAdapter, withStrength } from '../core/vera/live-adapter.ts'
import type { Projections } from '../core/vera/projections.ts'
import type { AdapterReference } from './contract.ts'
import type { ModelFolder } from './model-folder.ts'

export interface OpenAdapter {
  readonly live: LiveAdapter
  /** Two adapters with the same identity give the same keys and values. */
  readonly identity: string
  /** Texts of one group take steps together: their adapters share layout and projections; null: only by itself. */
  readonly group: string | null
}

/** Reads an adapter file, of one adapter or a blend, for a model; fails where it was made for another one. */
export function openAdapter({ path, strength }: AdapterReference, folder: ModelFolder): LiveAdapter {
  return withStrength(together(readAdapters(path, folder).adapters, projectionsOfAdapter), strength)
}

/** What adapters do together; with what gives their projections, or null where those are not needed. */
export function together<A extends Pick<DecodedAdapter, 'layout' | 'vectors'>>(
  adapters: readonly A[],
  projectionsOf: (adapter: A) => Projections | null,
): LiveAdapter {
  return addUp(adapters.map((one) => liveAdapter(one.layout, one.vectors, projectionsOf(one))))
}

/** The adapters of a file, one or those of a blend, and its bytes; fails as `openAdapter` does. */
export function readAdapters(
  path: string,
  folder: ModelFolder,
): { readonly bytes: Uint8Array; readonly adapters: readonly DecodedAdapter[] } {
  const bytes = readChecked(path, folder)
  return { bytes, adapters: decodeAdapters(bytes, folder.model.config) }
}

function readChecked(path: string, folder: ModelFolder): Uint8Array {
  const bytes = readAdapterFile(path)
  // The right model first: an adapter of another one has other shapes, too.
  checkBaseModel(readAdapterSettings(bytes), folder.summary.sourceHash)
  return bytes
}

/** Tells layouts apart. */
export function hashLayout(layout: VeraLayout): string {
  const known = layoutHashes.get(layout) ?? createHash('sha256').update(JSON.stringify(layout)).digest('hex')
  layoutHashes.set(layout, known)
  return known
}

const layoutHashes = new WeakMap<VeraLayout, string>()

function readAdapterFile(path: string): Uint8Array {
  try {
    return readFileSync(path)
  } catch (cause) {
    throw new Failure(
      'adapter-missing',
      sentence`The adapter file ${path} can't be read. Check that it is still there.`,
      {
        cause,
      },
    )
  }
}
