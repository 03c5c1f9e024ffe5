import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Each file in a process of its own: native libraries and their threads must not meet.
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // Without it `import 'electron'` would try to download the binary.
    alias: { electron: fileURLToPath(new URL('test/hosts/electron/electron-stand-in.ts', import.meta.url)) },
  },
})
