/** The trained adapters: finding one by what a person calls it, renaming, removing with undo. */
import type { Adapter } from '../../contract/entities.ts'
import { Failure } from '../../contract/failure.ts'
import { sentence } from '../../contract/sentence.ts'
import type { AdapterService } from '../services.ts'
import type { Storage } from '../storage/storage.ts'
import { sameName, uniqueName } from '../unique-name.ts'

const maxStrength = 1.5

export interface Adapters extends Omit<AdapterService, 'export' | 'import' | 'blend'> {
  get(id: string): Adapter
  rename(id: string, name: string): Adapter
  note(id: string, notes: string): Adapter
  restore(id: string): Adapter
  /** The name, or the next one with a number that no adapter has. */
  freeName(name: string, alsoTaken?: readonly string[]): string
}

export function openAdapters(storage: Storage): Adapters {
  const byReference = (reference: string): Adapter | undefined => {
    const adapters = storage.adapters.list()
    return (
      adapters.find((adapter) => adapter.id === reference) ??
      adapters.find((adapter) => sameName(adapter.name, reference))
    )
  }
  const get = (id: string): Adapter => {
    const adapter = storage.adapters.get(id)
    if (adapter === undefined) throw notFound(id, storage.adapters.list())
    return adapter
  }
  const freeName = (name: string, alsoTaken: readonly string[] = []): string => {
    const taken = [...storage.adapters.list().map((adapter) => adapter.name), ...alsoTaken]
    return uniqueName(name.trim(), (candidate) => taken.some((one) => sameName(one, candidate)))
  }
  const find = (reference: string): { adapter: Adapter; strength: number } => {
    // The whole first: a name may itself have a colon.
    const whole = byReference(reference)
    if (whole !== undefined) return { adapter: whole, strength: 1 }
    const [, name, strength] = /^(.+):([^:]+)$/.exec(reference) ?? []
    const adapter = name === undefined ? undefined : byReference(name)
    if (adapter === undefined || strength === undefined) throw notFound(reference, storage.adapters.list())
    return { adapter, strength: parseStrength(strength, reference) }
  }
  return {
    list: () => storage.adapters.list(),
    get,
    find,
    freeName,
    rename(id, name) {
      const adapter = get(id)
      const other = byReference(name)
      if (other !== undefined && other.id !== id) {
        throw new Failure(
          'name-taken',
          sentence`Another assistant is called “${other.name}”. Choose another name.`,
        )
      }
      storage.adapters.rename(adapter.id, name.trim())
      return get(id)
    },
    note(id, notes) {
      storage.adapters.setNotes(get(id).id, notes)
      return get(id)
    },
    remove(idOrName) {
      const adapter = byReference(idOrName)
      if (adapter === undefined) throw notFound(idOrName, storage.adapters.list())
      storage.adapters.remove(adapter.id, Date.now())
    },
    restore(id) {
      return storage.transaction(() => {
        const name = storage.adapters.deletedName(id)
        // The name may have been given to another one meanwhile.
        if (name !== undefined) storage.adapters.rename(id, freeName(name))
        storage.adapters.restore(id)
        return get(id)
      })
    },
  }
}

function parseStrength(text: string, reference: string): number {
  const strength = Number(text)
  if (text.trim() !== '' && strength >= 0 && strength <= maxStrength) return strength
  throw new Failure(
    'invalid-strength',
    sentence`In “${reference}” the strength “${text}” is no number from 0 to ${maxStrength}.`,
  )
}

function notFound(reference: string, adapters: readonly Adapter[]): Failure {
  const known = adapters.map((adapter) => adapter.name)
  return new Failure(
    'adapter-not-found',
    known.length === 0
      ? sentence`There is no assistant “${reference}”, nor any other.`
      : sentence`There is no assistant “${reference}”. There are: ${known}.`,
  )
}
