import { statfsSync } from 'node:fs'
import { dirname } from 'node:path'
import { Failure } from '../../contract/failure.ts'
import { sentence } from '../../contract/sentence.ts'

/** What the system needs besides. */
const reserveBytes = 64 * 2 ** 20

/** @throws Failure `disk-full`, before anything is written, where the folder's disk has no room for so many bytes */
export function checkRoom(path: string, neededBytes: number): void {
  const { bavail, bsize } = statfsSync(dirname(path))
  const freeBytes = bavail * bsize
  if (freeBytes >= neededBytes + reserveBytes) return
  throw new Failure(
    'disk-full',
    sentence`The export needs ${{ bytes: neededBytes + reserveBytes }} of room in ${dirname(path)}, where ${{ bytes: freeBytes }} are free. Free some space or choose another folder.`,
  )
}
