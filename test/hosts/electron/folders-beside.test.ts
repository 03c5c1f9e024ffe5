import { join } from 'node:path'
import { expect, test } from 'vitest'
import { foldersBeside } from '../../../src-main/hosts/electron/folders-beside.ts'

test.each([
  [
    'linux',
    { execPath: '/opt/Veranda/veranda', resourcesPath: '/opt/Veranda/resources' },
    {},
    ['/opt/Veranda/resources/models', '/opt/Veranda'],
  ],
  [
    'linux',
    { execPath: '/tmp/.mount_Veran/veranda', resourcesPath: '/tmp/.mount_Veran/resources' },
    { APPIMAGE: '/home/a/Downloads/Veranda.AppImage' },
    ['/tmp/.mount_Veran/resources/models', '/home/a/Downloads'],
  ],
  [
    'darwin',
    {
      execPath: '/Applications/Veranda.app/Contents/MacOS/Veranda',
      resourcesPath: '/Applications/Veranda.app/Contents/Resources',
    },
    {},
    ['/Applications/Veranda.app/Contents/Resources/models', '/Applications'],
  ],
] as const)('%s: inside the program, or beside it: %o', (platform, place, environment, folders) => {
  expect(foldersBeside({ platform, ...place, environment })).toEqual(folders.map((folder) => join(folder)))
})
