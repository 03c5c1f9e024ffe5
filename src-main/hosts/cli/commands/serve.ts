import type { ChatService } from '../../../app/services.ts'
import { startApiServer } from '../../api/server.ts'
import { newSecret } from '../../secret.ts'
import { command } from '../command.ts'
import { flag, integer } from '../options.ts'

const defaultPort = 11_500

export const serveCommand = command({
  words: 'serve',
  summary: 'Answers OpenAI’s chat completions on this machine, until Ctrl+C; every adapter is a model.',
  options: {
    port: integer('N', `listen there; ${defaultPort} unless given, 0 is any free port`, 0, 65_535),
    fast: flag('in 8 bits: faster, and close choices may fall otherwise'),
  },
  async run({ services, output, signal }, { values }) {
    const token = newSecret()
    const chat: ChatService = {
      answer: (request, stop) => services.chat.answer({ ...request, fast: values.fast }, stop),
    }
    const server = await startApiServer({
      services: { ...services, chat },
      token,
      port: values.port ?? defaultPort,
    })
    output.note(`Base URL: ${server.address}`)
    output.note(`API key: ${token}`)
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve()
      else signal.addEventListener('abort', () => resolve(), { once: true })
    })
    await server.close()
    return { served: server.address }
  },
})
