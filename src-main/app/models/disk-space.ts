import { statfs } from 'node:fs/promises'
import { Failure } from '../../contract/failure.ts'
import { sentence } from '../../contract/sentence.ts'

/** What the database and the system need besides. */
const reserveBytes = 64 * 1024 * 1024

/** Fails with `disk-full` before anything is written, if the folder's disk has no room for so many bytes. */
export async function checkDiskSpace(directory: string, neededBytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(directory)
  const freeBytes = bavail * bsize
  if (freeBytes >= neededBytes + reserveBytes) return
  throw new Failure(
    'disk-full',
    sentence`The model needs ${{ bytes: neededBytes + reserveBytes }} of room on the disk of ${directory}, where ${{ bytes: freeBytes }} are free. Free some space or choose another data folder.`,
  )
}
