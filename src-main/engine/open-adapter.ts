import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { Failure } from '../contract/failure.ts'
import {
  checkBaseModel,
  type DecodedAdapter,
  decodeAdapter,
  projectionsOfAdapter,
  readAdapterSettings,
} from '../core/vera/adapter-file.ts'
import { type LiveAdapter, liveAdapter, withStrength } from '../core/vera/live-adapter.ts'
import type { AdapterReference } from './contract.ts'
import type { ModelFolder } from './model-folder.ts'

export interface OpenAdapter {
  readonly live: LiveAdapter
  /** Two adapters with the same identity give the same keys and values. */
  readonly identity: string
}

/** Reads an adapter file for a model; fails where it was made for another one. */
export function openAdapter(reference: AdapterReference, folder: ModelFolder): OpenAdapter {
  const { path, strength } = reference
  const bytes = readAdapterFile(path)
  const adapter = decodeFor(bytes, folder)
  const base = liveAdapter(adapter.layout, adapter.vectors, projectionsOfAdapter(adapter))
  return {
    live: withStrength(base, strength),
    identity: `${strength} ${createHash('sha256').update(bytes).digest('hex')}`,
  }
}

/** The adapter of a file, at the strength it was trained with; fails as `openAdapter` does. */
export function readAdapterFor({ path }: AdapterReference, folder: ModelFolder): DecodedAdapter {
  return decodeFor(readAdapterFile(path), folder)
}

function decodeFor(bytes: Uint8Array, folder: ModelFolder): DecodedAdapter {
  // The right model first: an adapter of another one has other shapes, too.
  checkBaseModel(readAdapterSettings(bytes), folder.summary.sourceHash)
  return decodeAdapter(bytes, folder.model.config)
}

function readAdapterFile(path: string): Uint8Array {
  try {
    return readFileSync(path)
  } catch (cause) {
    throw new Failure(
      'adapter-missing',
      `The adapter file ${path} can't be read. Check that it is still there.`,
      {
        cause,
      },
    )
  }
}
