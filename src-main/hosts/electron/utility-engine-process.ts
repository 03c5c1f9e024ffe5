import { utilityProcess } from 'electron'
import type { EngineReply } from '../../engine/messages.ts'
import type { EngineProcess } from '../../engine/client.ts'
import { engineArguments, type EngineOptions } from '../../engine/engine-arguments.ts'
import { keepTail } from '../output-tail.ts'

/** Starts the engine's bundle as a utility process of Electron. */
export function forkUtilityEngine(bundle: string, options: Partial<EngineOptions> = {}): EngineProcess {
  const child = utilityProcess.fork(bundle, engineArguments(options), {
    serviceName: 'Veranda engine',
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const output = keepTail(child.stdout, child.stderr)
  let fatal = ''
  child.on('error', (type, location, report) => {
    fatal = `${type} at ${location}\n${report}`
  })
  return {
    send: (request) => child.postMessage(request, []),
    receive: (listener) => void child.on('message', (message: EngineReply) => listener(message)),
    exited: (listener) => {
      child.once('exit', (code) => {
        listener({ code, signal: null, output: [output(), fatal].filter(Boolean).join('\n') })
      })
    },
    kill: () => void child.kill(),
  }
}
