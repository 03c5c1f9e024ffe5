/** Vulkan without a GPU: SwiftShader, as the packed Chromium brings it along. */
import { existsSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { carriedLibraries, hasPackedChromium, unpackChromium } from './packed-chromium.ts'

export type SwiftShader =
  /** What a process has to be started with to find it. */
  { readonly env: Readonly<Record<string, string>> } | { readonly env: null; readonly reason: string }

export async function findSwiftShader(): Promise<SwiftShader> {
  if (!hasPackedChromium) return { env: null, reason: 'SwiftShader comes along on Linux x64 only' }
  const folder = await unpackChromium()
  const driver = join(folder, 'vk_swiftshader_icd.json')
  if (!existsSync(driver)) return { env: null, reason: `there is no ${driver}` }
  return {
    env: {
      VK_DRIVER_FILES: driver,
      VK_ICD_FILENAMES: driver,
      LD_LIBRARY_PATH: carriedLibraries(folder),
      XDG_RUNTIME_DIR: await mkdtemp(join(tmpdir(), 'veranda-vulkan-')),
    },
  }
}
