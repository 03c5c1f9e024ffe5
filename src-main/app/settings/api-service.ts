/** The API for other programs, while the app runs: off until the person turns it on. */
import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import { Failure, toFailureMessage, type FailureMessage } from '../../contract/failure.ts'
import type { ProcedureInput, ProcedureResult } from '../../contract/procedures.ts'
import type { Services } from '../services.ts'
import type { Storage } from '../storage/storage.ts'

/** Starts a server on this machine; a host has one. */
export type ServeApi = (options: {
  readonly services: Pick<Services, 'models' | 'adapters' | 'chat'>
  /** What every request must bear. */
  readonly token: string
  readonly port: number
}) => Promise<{ readonly address: string; close(): Promise<void> }>

export interface ApiService {
  state(): ProcedureResult<'api.state'>
  /** Fails where the server can't be started; then it is off. */
  update(changes: ProcedureInput<'api.update'>): Promise<ProcedureResult<'api.update'>>
  close(): Promise<void>
}

const kept = z.object({ enabled: z.boolean(), port: z.number(), key: z.string().min(20).nullable() })
const atFirst = { enabled: false, port: 11_500, key: null } as const

/** Serves from the start where that was left on; what keeps it from that is in its state. */
export async function openApi(
  storage: Storage,
  services: Parameters<ServeApi>[0]['services'],
  serve: ServeApi | null,
): Promise<ApiService> {
  let settings: z.infer<typeof kept> = kept.catch(atFirst).parse(storage.settings.get('api'))
  let server: Awaited<ReturnType<ServeApi>> | null = null
  let problem: FailureMessage | null = null
  let turn: Promise<unknown> = Promise.resolve()

  async function restart(next: typeof settings): Promise<void> {
    await server?.close()
    server = null
    problem = null
    if (!next.enabled || serve === null) return
    const { key, port } = next
    if (key !== null) server = await serve({ services, token: key, port })
  }

  const state = (): ProcedureResult<'api.state'> => ({
    ...settings,
    isAvailable: serve !== null,
    address: server?.address ?? null,
    problem,
  })

  async function update({ renewKey, ...changes }: ProcedureInput<'api.update'>) {
    if (serve === null)
      throw new Failure('api-not-here', 'This window has no server. Use “veranda serve” on the command line.')
    const key = renewKey === true || settings.key === null ? newKey() : settings.key
    const next = {
      ...settings,
      key,
      enabled: changes.enabled ?? settings.enabled,
      port: changes.port ?? settings.port,
    }
    try {
      await restart(next)
    } catch (error) {
      // As it was, as far as that goes; the person hears why.
      await restart(settings).catch(() => {
        settings = { ...settings, enabled: false }
        storage.settings.put('api', settings)
      })
      throw error
    }
    settings = next
    storage.settings.put('api', settings)
    return state()
  }

  try {
    await restart(settings)
  } catch (error) {
    problem = toFailureMessage(error)
  }
  return {
    state,
    update(changes) {
      const result = turn.then(() => update(changes))
      turn = result.catch(() => {})
      return result
    },
    async close() {
      await turn
      await server?.close()
    },
  }
}

/** 256 bits: no number of guesses finds it. */
function newKey(): string {
  return randomBytes(32).toString('base64url')
}
