/** Gives a forked Node process the `process.parentPort` of an Electron utility process, and takes `process.send` away. */
import { EventEmitter } from 'node:events'

const send = process.send?.bind(process)
const port = Object.assign(new EventEmitter(), { postMessage: (message: object) => send?.(message) })
process.on('message', (data) => port.emit('message', { data, ports: [] }))
Object.assign(process, { parentPort: port, send: undefined })
