import { spawn } from 'node:child_process'

export interface ChildResult {
  /** null where a signal ended it or it could not be started. */
  readonly code: number | null
  /** Everything it printed, both streams in order of arrival. */
  readonly output: string
}

/** Runs a program and waits for its end; `echo` passes on what it prints as it comes. */
export function runChild(
  command: string,
  commandArguments: readonly string[],
  options: { readonly echo: boolean; readonly environment?: Record<string, string> },
): Promise<ChildResult> {
  return new Promise((resolve) => {
    const child = spawn(command, commandArguments, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...options.environment },
    })
    let output = ''
    const collect = (chunk: string): void => {
      output += chunk
      if (options.echo) process.stdout.write(chunk)
    }
    child.stdout.setEncoding('utf8').on('data', collect)
    child.stderr.setEncoding('utf8').on('data', collect)
    child.on('error', (error) => resolve({ code: null, output: `${command}: ${error.message}\n` }))
    child.on('close', (code) => resolve({ code, output }))
  })
}
