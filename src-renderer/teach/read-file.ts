import { Failure } from '../../src-main/contract/failure.ts'
import { t } from '../texts/texts.ts'
import { formatBytes } from '../ui/format.ts'

/** The largest file that fits the contract's import: 90 million base64 characters. */
const mostBytes = 64_000_000

/** The bytes of a picked file as base64; a failure if it is too large or can't be read. */
export async function readBase64(file: File): Promise<string> {
  if (file.size > mostBytes) {
    throw new Failure(
      'file-too-large',
      t.teach.tooLarge(file.name, formatBytes(file.size), formatBytes(mostBytes)),
    )
  }
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const reader = new FileReader()
  reader.addEventListener('load', () => resolve(String(reader.result)))
  reader.addEventListener('error', () =>
    reject(new Failure('file-unreadable', t.teach.unreadable(file.name), { cause: reader.error })),
  )
  reader.readAsDataURL(file)
  // A data address is "data:TYPE;base64,BYTES".
  return (await promise).replace(/^[^,]*,/, '')
}
