import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** SmolLM2-135M-Instruct.Q4_1.gguf where it was fetched before; tests that need it are skipped without it. */
export const realModelPath =
  process.env['VERANDA_TEST_MODEL'] ?? join(tmpdir(), 'veranda-model', 'SmolLM2-135M-Instruct.Q4_1.gguf')

export const hasRealModel = existsSync(realModelPath)
