/** What the installers are told, where they can't be built here: Windows' and macOS's own tools build them in CI. */
import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'

interface Build {
  readonly fileAssociations: readonly { readonly ext: string }[]
  readonly nsis: { readonly include: string; readonly deleteAppDataOnUninstall?: boolean }
  readonly linux: { readonly target: readonly string[] }
  readonly mac: { readonly target: readonly { readonly target: string; readonly arch: readonly string[] }[] }
  readonly win: { readonly target: readonly string[] }
}
const { build } = JSON.parse(await readFile('package.json', 'utf8')) as { readonly build: Build }

test('each system gets its kinds of installer, and adapters their program', () => {
  expect(build.win.target).toEqual(['nsis'])
  expect(build.linux.target).toEqual(['AppImage', 'deb'])
  // A zip is what updates on macOS are made of.
  expect(build.mac.target).toEqual(['dmg', 'zip'].map((target) => ({ target, arch: ['arm64'] })))
  expect(build.fileAssociations.map(({ ext }) => ext)).toEqual(['veranda-adapter'])
})

test('uninstalling on Windows asks before it deletes the data, and keeps it if it can’t ask', async () => {
  const script = await readFile(build.nsis.include, 'utf8')
  const macro = /!macro customUnInstall\n(.*?)!macroend/s.exec(script)?.[1] ?? ''
  expect(macro).toMatch(/^\s*\$\{ifNot\} \$\{isUpdated\}\n/)
  const question = macro.indexOf('MessageBox MB_YESNO')
  expect(macro).toMatch(/MB_DEFBUTTON2 .* \/SD IDNO IDNO veranda_keep_data\n/)
  // The place that app/data-directory.ts takes on Windows.
  const removal = macro.indexOf('RMDir /r "$LOCALAPPDATA\\veranda\\Data"')
  expect(question).toBeGreaterThan(-1)
  expect(removal).toBeGreaterThan(question)
  const kept = macro.indexOf('veranda_keep_data:')
  expect(kept).toBeGreaterThan(removal)
  // Of this person, not of all users, also where the program was installed for all; what follows is as it was.
  expect(macro.indexOf('SetShellVarContext current')).toBeGreaterThan(-1)
  expect(macro.indexOf('SetShellVarContext current')).toBeLessThan(question)
  expect(macro.slice(kept)).toMatch(/\$\{if\} \$installMode == "all"\s+SetShellVarContext all\s+\$\{endIf\}/)
  expect(script.match(/RMDir/g)).toHaveLength(2)
  expect(build.nsis.deleteAppDataOnUninstall).toBeUndefined()
})
