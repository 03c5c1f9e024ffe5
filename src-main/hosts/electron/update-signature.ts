/**
 * Signatures of update manifests (electron-builder's `latest*.yml`): Ed25519 over the version, the time of signing and
 * the name, size and SHA-512 of each file. The files themselves are checked against these sums when they are downloaded.
 */
import { sign, verify, type KeyObject } from 'node:crypto'
import { z } from 'zod'
import { Failure } from '../../contract/failure.ts'

const contentSchema = z.object({
  version: z.string().min(1),
  files: z.array(z.object({ url: z.string(), sha512: z.string().min(1), size: z.number().int() })).min(1),
  // What a web installer would fetch besides, which no signature covers; ours has everything in it.
  packages: z.never().optional(),
})
const signedSchema = contentSchema.extend({
  veranda: z.object({ signedAt: z.number().int(), signature: z.base64() }),
})

export interface SignedUpdate {
  readonly version: string
  /** Milliseconds since 1970. */
  readonly signedAt: number
}

/** The fields to be added to the manifest. */
export function signUpdate(
  manifest: unknown,
  privateKey: KeyObject,
  signedAt: number,
): { readonly veranda: { readonly signedAt: number; readonly signature: string } } {
  const signature = sign(null, signedBytes(contentSchema.parse(manifest), signedAt), privateKey)
  return { veranda: { signedAt, signature: signature.toString('base64') } }
}

/** @throws Failure `update-unsigned` for anything that the holder of the key did not sign as it is */
export function verifyUpdate(manifest: unknown, publicKey: KeyObject): SignedUpdate {
  const parsed = signedSchema.safeParse(manifest)
  if (parsed.success) {
    const { version, veranda } = parsed.data
    const bytes = signedBytes(parsed.data, veranda.signedAt)
    if (verify(null, bytes, publicKey, Buffer.from(veranda.signature, 'base64'))) {
      return { version, signedAt: veranda.signedAt }
    }
  }
  throw new Failure(
    'update-unsigned',
    'An update is offered that Veranda’s makers have not signed. Nothing was installed.',
    { cause: parsed.error },
  )
}

/** As JSON, in which no value can run into the next. */
function signedBytes({ version, files }: z.infer<typeof contentSchema>, signedAt: number): Buffer {
  const sums = files.map(({ url, sha512, size }) => [url, sha512, size])
  return Buffer.from(JSON.stringify(['veranda-update-1', version, signedAt, sums]))
}
