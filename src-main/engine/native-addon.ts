import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** Where the addon lies beside the sources (`src-main/engine`) or a bundle (`out/main`, `out/main/chunks`). */
export function findAddon(): string | null {
  const name = `veranda.${process.platform}-${process.arch}.node`
  const paths = ['../../native/', '../../../native/'].map((folder) =>
    outsideArchive(fileURLToPath(new URL(folder + name, import.meta.url))),
  )
  return paths.find((path) => existsSync(path)) ?? null
}

/** Libraries cannot be loaded from an archive; packaging leaves them beside it. */
export function outsideArchive(path: string): string {
  return path.replace(/\bapp\.asar(?=[\\/])/, 'app.asar.unpacked')
}
