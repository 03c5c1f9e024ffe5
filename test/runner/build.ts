import { runChild } from './child.ts'

/** Builds what is packed and served: the screens, the Electron entries. Returns whether it could. */
export async function buildApp(): Promise<boolean> {
  const { code, output } = await runChild(
    process.execPath,
    ['node_modules/electron-vite/bin/electron-vite.js', 'build', '--config', 'electron.config.ts'],
    { echo: false },
  )
  if (code !== 0) console.error(output)
  return code === 0
}
