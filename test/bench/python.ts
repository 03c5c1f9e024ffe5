import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { python as installedPython } from '../interop/environment.ts'

export interface PythonProgram {
  /** Does the measured work once. */
  step(): Promise<void>
  close(): void
}

/** A Python with PEFT, installed if need be; null, with a line that says why, where it can't be had. */
export function findPython(): string | null {
  try {
    return installedPython()
  } catch (error) {
    console.error(`No comparison with PEFT: ${error instanceof Error ? error.message : String(error)}`)
    return null
  }
}

/**
 * Starts a script of this folder, gives it `input` as its first line (JSON) and waits until it is ready; null where
 * there is no Python. From then on it does one step a line and answers each with a line.
 */
export async function startPython(
  script: string,
  parameters: readonly string[],
  input: unknown,
): Promise<PythonProgram | null> {
  const python = findPython()
  if (python === null) return null
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
