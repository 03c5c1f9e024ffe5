/**
 * `node resources/packaging/sign-update.ts MANIFEST ...`: signs the manifests that a release publishes (`dist/latest*.yml`) with
 * the private key (Ed25519, PEM) in VERANDA_UPDATE_KEY. Its public half is `resources/update-key.pem`; a program that
 * is built without one takes no updates.
 *
 * `openssl genpkey -algorithm ed25519` makes a key, `openssl pkey -pubout` its public half.
 */
import { createPrivateKey } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { parse, stringify } from 'yaml'
import { signUpdate } from '../../src-main/hosts/electron/update-signature.ts'

const key = process.env['VERANDA_UPDATE_KEY']
if (key === undefined) throw new Error('VERANDA_UPDATE_KEY holds no key.')
const privateKey = createPrivateKey(key)
for (const path of process.argv.slice(2)) {
  const manifest = parse(readFileSync(path, 'utf8')) as object
  writeFileSync(path, stringify({ ...manifest, ...signUpdate(manifest, privateKey, Date.now()) }))
  console.log(`signed ${path}`)
}
