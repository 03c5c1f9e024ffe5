import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

export interface PythonProgram {
  /** Does the measured work once. */
  step(): Promise<void>
  close(): void
}

/**
 * Starts a script of this folder with the Python that `VERANDA_BENCH_PYTHON` names, gives it `input` as its first
 * line (JSON) and waits until it is ready; null, with a line that says so, where there is none. From then on it
 * does one step a line and answers each with a line.
 */
export async function startPython(
  script: string,
  parameters: readonly string[],
  input: unknown,
): Promise<PythonProgram | null> {
  const python = process.env.VERANDA_BENCH_PYTHON
  if (python === undefined) {
    console.log('VERANDA_BENCH_PYTHON is not set: no comparison with PEFT.')
    return null
  }
  const path = new URL(script, import.meta.url).pathname
  const child = spawn(python, [path, ...parameters], { stdio: ['pipe', 'pipe', 'inherit'] })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const step = async (line: string): Promise<void> => {
    child.stdin.write(`${line}\n`)
    if ((await lines.next()).done === true) throw new Error(`${script} ended early.`)
  }
  await step(JSON.stringify(input))
  return { step: () => step('step'), close: () => child.kill() }
}
