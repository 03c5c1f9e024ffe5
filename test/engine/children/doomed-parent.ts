/** Starts an engine that shares this process's output, waits until an operation runs, and is killed. */
import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const engine = fork(fileURLToPath(new URL('tiny-engine.ts', import.meta.url)), {
  execArgv: [],
  stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
})
engine.send({
  kind: 'run',
  id: 1,
  operation: 'chat',
  input: { messages: [{ role: 'user', content: 'forever' }] },
})
engine.once('message', () => {
  process.stdout.write('running\n', () => process.kill(process.pid, 'SIGKILL'))
})
