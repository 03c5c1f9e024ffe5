import { expect, test } from 'vitest'
import { applicationMenu } from '../../../src-main/hosts/electron/menu.ts'
import { desktopTexts } from '../../../src-main/texts/desktop.ts'

/** The roles of each menu, by its name. */
function rolesOf(platform: NodeJS.Platform, packaged: boolean): [string, unknown[]][] {
  return applicationMenu(platform, packaged, desktopTexts.de).map(({ label = '', submenu }) => [
    label,
    (Array.isArray(submenu) ? submenu : []).flatMap(({ role }) => role ?? []),
  ])
}

test.each(['linux', 'win32'] as const)('on %s the app is quit from the menu of files', (platform) => {
  const [file, , view, window] = rolesOf(platform, true)
  expect(file).toEqual(['Datei', ['quit']])
  expect(view?.[1]).not.toContain('toggleDevTools')
  expect(window).toEqual(['Fenster', ['minimize', 'close']])
  expect(rolesOf(platform, false)[2]?.[1]).toContain('toggleDevTools')
})

test('macOS has the menu of the app, and all of its windows', () => {
  const [own, edit, , window] = rolesOf('darwin', true)
  expect(own?.[0]).toBe('Veranda')
  expect(own?.[1]).toContain('quit')
  expect(edit?.[1]).toEqual(['undo', 'redo', 'cut', 'copy', 'paste', 'delete', 'selectAll'])
  expect(window).toEqual(['Fenster', ['minimize', 'close', 'zoom', 'front']])
})
