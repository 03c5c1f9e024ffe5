import { generateKeyPairSync } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { parse } from 'yaml'
import { verifyUpdate } from '../../src-main/hosts/electron/update-signature.ts'
import { runChild } from '../runner/child.ts'

test('a manifest as electron-builder writes it is signed, and stays what it was', async () => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const folder = await mkdtemp(join(tmpdir(), 'veranda-sign-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const path = join(folder, 'latest-linux.yml')
  const text = `version: 2.0.0
files:
  - url: Veranda-2.0.0-linux-x86_64.AppImage
    sha512: aGFsbG8=
    size: 123456
    blockMapSize: 1234
path: Veranda-2.0.0-linux-x86_64.AppImage
sha512: aGFsbG8=
releaseDate: '2026-11-24T12:00:00.000Z'
`
  await writeFile(path, text)
  const environment = { VERANDA_UPDATE_KEY: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() }
  const { code, output } = await runChild(process.execPath, ['resources/packaging/sign-update.ts', path], {
    echo: false,
    environment,
  })
  expect(code, output).toBe(0)
  const signed = parse(await readFile(path, 'utf8')) as object
  expect(signed).toMatchObject(parse(text) as object)
  expect(verifyUpdate(signed, publicKey)).toMatchObject({ version: '2.0.0' })
})
