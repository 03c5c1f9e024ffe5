import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { EngineReply } from '../engine/messages.ts'
import type { EngineProcess } from '../engine/client.ts'
import { engineArguments, type EngineOptions } from '../engine/engine-arguments.ts'
import type { EngineExit } from '../engine/engine-exit.ts'
import { keepTail } from './output-tail.ts'

const engineEntry = fileURLToPath(new URL('../engine/process.ts', import.meta.url))

/** Starts the engine as a forked Node process that runs the given entry straight from its source. */
export function forkEngine(entry: string = engineEntry, options: Partial<EngineOptions> = {}): EngineProcess {
  const child = fork(entry, engineArguments(options), {
    serialization: 'advanced',
    // The flags of this process (a debugger's port, a test runner's loader) are not the engine's.
    execArgv: [],
    // What libraries print must not get between the lines of the command line's output.
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  const output = keepTail(child.stdout, child.stderr)
  return {
    send: (request) => {
      // A process that is gone can't be asked; its `close` event fails what waits for it.
      if (child.connected) child.send(request, () => {})
    },
    receive: (listener) => void child.on('message', (message) => listener(message as EngineReply)),
    exited: (listener) => {
      const once = onlyOnce(listener)
      // `close` and not `exit`: it comes after the last message was delivered.
      child.on('close', (code, signal) => once({ code, signal, output: output() }))
      child.on('error', (error) => {
        if (child.pid === undefined) once({ code: null, signal: null, startError: error, output: output() })
      })
    },
    kill: () => void child.kill('SIGKILL'),
  }
}

function onlyOnce(listener: (exit: EngineExit) => void): (exit: EngineExit) => void {
  let called = false
  return (exit) => {
    if (called) return
    called = true
    listener(exit)
  }
}
