import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** Where the addon lies beside the sources (`src-main/engine`) or a bundle (`out/main`, `out/main/chunks`). */
export function findAddon(): string | null {
  const name = `veranda.${process.platform}-${process.arch}.node`
  const paths = ['../../native/', '../../../native/'].map((folder) =>
    // An archive cannot be loaded from; packaging leaves the addon beside it.
    fileURLToPath(new URL(folder + name, import.meta.url)).replace(
      /\bapp\.asar(?=[\\/])/,
      'app.asar.unpacked',
    ),
  )
  return paths.find((path) => existsSync(path)) ?? null
}
