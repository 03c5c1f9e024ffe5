import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { python } from './environment.ts'
import type { LogitJob, Program } from './program.ts'

/** PEFT on transformers, in float32. */
export function startPeft(): Program {
  const folder = mkdtempSync(join(tmpdir(), 'veranda-interop-'))
  const script = new URL('peft_logits.py', import.meta.url).pathname
  const child = spawn(python(), [script], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: {
      ...process.env,
      HF_HUB_OFFLINE: '1',
      PYTHONWARNINGS: 'ignore',
      TQDM_DISABLE: '1',
      TRANSFORMERS_VERBOSITY: 'error',
    },
  })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  return {
    name: 'PEFT',
    async logits(job: LogitJob) {
      const out = join(folder, 'logits')
      child.stdin.write(`${JSON.stringify({ ...job, out })}\n`)
      if ((await lines.next()).done === true) throw new Error('PEFT ended early; what it said is above.')
      const bytes = readFileSync(out)
      const values = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4)
      const tokens = job.prompts.reduce((sum, prompt) => sum + prompt.length, 0)
      let start = 0
      return job.prompts.map((prompt) => {
        const length = (values.length / tokens) * prompt.length
        start += length
        return values.slice(start - length, start)
      })
    },
    async close() {
      child.kill()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
