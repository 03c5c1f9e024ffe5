/** Where imported models lie in the data folder: `models/<id>`, unfinished ones under names that no id has. */
import { randomUUID } from 'node:crypto'
import { mkdir, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'

/** Ids are made of letters, digits and dashes, so that a name with this start is no model. */
const unfinished = '.unfinished-'

export interface ModelFolders {
  path(id: string): string
  /** A new empty folder to import into. */
  reserve(): Promise<string>
  /** Gives a finished folder its model's name. */
  keep(reserved: string, id: string): Promise<void>
  /** At once not to be found any more, then removed. */
  remove(id: string): Promise<void>
  /** Removes what imports and removals that never ended left behind. */
  cleanUp(ids: ReadonlySet<string>): Promise<void>
}

export function modelFolders(dataDirectory: string): ModelFolders {
  const directory = join(dataDirectory, 'models')
  const path = (id: string): string => join(directory, id)
  const newUnfinished = (): string => join(directory, `${unfinished}${randomUUID()}`)
  return {
    path,
    async reserve() {
      const reserved = newUnfinished()
      await mkdir(reserved, { recursive: true })
      return reserved
    },
    keep: (reserved, id) => rename(reserved, path(id)),
    async remove(id) {
      const doomed = newUnfinished()
      try {
        await rename(path(id), doomed)
      } catch (error) {
        // A folder that somebody removed by hand is as good as removed.
        if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return
        throw error
      }
      await rm(doomed, { recursive: true, force: true })
    },
    async cleanUp(ids) {
      await mkdir(directory, { recursive: true })
      for (const name of await readdir(directory)) {
        if (!ids.has(name)) await rm(join(directory, name), { recursive: true, force: true })
      }
    },
  }
}
