import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import type { SelfTestErrors } from '../../src-main/engine/self-test.ts'
import { findSwiftShader } from '../swiftshader.ts'

const vulkan = await findSwiftShader()
const why = vulkan.env === null ? ` [skipped: ${vulkan.reason}]` : ''

/** Vulkan's loader reads the environment when the process starts, so it is another process. */
async function run<T>(script: string, ...args: readonly string[]): Promise<T> {
  const path = new URL(`children/${script}`, import.meta.url).pathname
  const { stdout } = await promisify(execFile)(process.execPath, [path, ...args], {
    env: { ...process.env, ...vulkan.env },
  })
  return JSON.parse(stdout) as T
}

describe.skipIf(vulkan.env === null)(`on WebGPU${why}`, () => {
  // Most of the time goes into compiling shaders, for a processor that plays a GPU.
  test('training gradients and chat logits are the processor’s, with every operator on the device', async () => {
    const errors = await run<SelfTestErrors>('self-tested.ts', 'webgpu')
    expect(errors.loss).toBeLessThan(1e-5)
    expect(errors.gradient).toBeLessThan(1e-5)
    expect(errors.logits).toBeLessThan(1e-5)
  }, 180_000)
})
