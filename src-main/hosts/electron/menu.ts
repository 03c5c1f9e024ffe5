import type { MenuItemConstructorOptions } from 'electron'
import type { DesktopTexts } from '../../texts/desktop.ts'

type Role = keyof DesktopTexts['items']

/**
 * The application's menu, made of roles, which bring their shortcuts in the system's own way; their names are the
 * language's, as Electron has them in English alone.
 */
export function applicationMenu(
  platform: NodeJS.Platform,
  packaged: boolean,
  { items, menus }: DesktopTexts,
): MenuItemConstructorOptions[] {
  const isMac = platform === 'darwin'
  const menu = (label: string, ...groups: readonly (readonly Role[])[]): MenuItemConstructorOptions => ({
    label,
    submenu: groups
      .map((roles) => roles.map((role): MenuItemConstructorOptions => ({ role, label: items[role] })))
      .reduce((before, group) => [...before, { type: 'separator' }, ...group]),
  })
  return [
    isMac
      ? menu('Veranda', ['about'], ['services'], ['hide', 'hideOthers', 'unhide'], ['quit'])
      : menu(menus.file, ['quit']),
    menu(menus.edit, ['undo', 'redo'], ['cut', 'copy', 'paste', 'delete'], ['selectAll']),
    menu(
      menus.view,
      ['resetZoom', 'zoomIn', 'zoomOut'],
      ['togglefullscreen'],
      ...(packaged ? [] : [['reload', 'toggleDevTools'] as const]),
    ),
    {
      ...menu(menus.window, ['minimize', 'close'], ...(isMac ? [['zoom', 'front'] as const] : [])),
      role: 'window',
    },
  ]
}
