/**
 * Loaded into a process before its own code (`--import`): whoever connects anywhere but to this machine, or asks for
 * a name, is refused and written down in the file that `NETWORK_ATTEMPTS` names.
 */
import { appendFileSync } from 'node:fs'
import dgram from 'node:dgram'
import dns from 'node:dns'
import net from 'node:net'
import { syncBuiltinESMExports } from 'node:module'

const loopback = /^(127\.|::1$|localhost$)/

function refuse(what: string): never {
  appendFileSync(process.env['NETWORK_ATTEMPTS'] ?? '', `${process.argv[1]}: ${what}\n`)
  throw new Error(`The network is closed: ${what}`)
}

/** The host of `connect`'s arguments in each of their forms; null where it is a pipe. */
function hostOf(given: readonly unknown[]): string | null {
  const [first, second] = Array.isArray(given[0]) ? (given[0] as readonly unknown[]) : given
  if (typeof first === 'object' && first !== null) {
    if ('path' in first && typeof first.path === 'string') return null
    return 'host' in first && typeof first.host === 'string' ? first.host : 'localhost'
  }
  if (typeof first === 'string' && Number.isNaN(Number(first))) return null
  return typeof second === 'string' ? second : 'localhost'
}

const connect = net.Socket.prototype.connect
net.Socket.prototype.connect = function guarded(this: net.Socket, ...given: unknown[]): net.Socket {
  const host = hostOf(given)
  if (host !== null && !loopback.test(host)) refuse(`connect to ${host}`)
  return Reflect.apply(connect, this, given) as net.Socket
}
dgram.Socket.prototype.send = () => refuse('send a datagram')
for (const asks of [dns, dns.promises]) {
  for (const name of Object.keys(asks).filter((each) => /^(lookup|resolve)/.test(each))) {
    Object.assign(asks, { [name]: (host: unknown) => refuse(`look up ${String(host)}`) })
  }
}
syncBuiltinESMExports()
