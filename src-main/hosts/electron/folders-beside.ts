import { dirname, join } from 'node:path'

/** What of the running program says where it was started from. */
export interface ProgramPlace {
  readonly platform: NodeJS.Platform
  /** Of the packed program. */
  readonly execPath: string
  readonly resourcesPath: string
  /** `APPIMAGE` is the path of the AppImage that is running: what is in it is mounted elsewhere. */
  readonly environment: { readonly APPIMAGE?: string | undefined }
}

/** Where a person, or an installer, would put a model file for the program to find: inside it, or beside it. */
export function foldersBeside({ platform, execPath, resourcesPath, environment }: ProgramPlace): string[] {
  const inside = join(resourcesPath, 'models')
  if (environment.APPIMAGE !== undefined) return [inside, dirname(environment.APPIMAGE)]
  // On macOS the program lies in Veranda.app/Contents/MacOS; beside it means beside Veranda.app.
  const beside = platform === 'darwin' ? join(dirname(execPath), '../../..') : dirname(execPath)
  return [inside, beside]
}
