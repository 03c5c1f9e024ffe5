/**
 * The whole app, which chats, rates and teaches without end over an engine that answers at once; prints each thing
 * once a person could see that it is kept. Made to be killed.
 */
import { writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openApp } from '../../../../src-main/app/app.ts'
import { mapEvents, resultOf } from '../../../../src-main/contract/event-stream.ts'
import { engineStandIn } from '../../engine-stand-in.ts'

const [directory = '', prefix = ''] = process.argv.slice(2)
const resourcesDirectory = fileURLToPath(new URL('../../../../resources', import.meta.url))
const { handlers, services } = await openApp({
  dataDirectory: directory,
  resourcesDirectory,
  version: '0',
  engine: engineStandIn(),
})
const { signal } = new AbortController()
const tell = (line: string): void => void writeSync(1, `${line}\n`)

if (services.models.list().length === 0) {
  const path = join(directory, 'tiny.gguf')
  writeFileSync(path, 'GGUF')
  await resultOf(handlers['models.import']({ path, name: 'Tiny' }, signal))
}

tell('open')
for (let i = 0; ; i++) {
  const sending = handlers['chat.send']({ conversationId: 'c1', content: `${prefix}-${i}` }, signal)
  const told = mapEvents(sending, (event) => {
    if (event.type === 'asked') tell(`message ${event.message.id}`)
  })
  const { id } = await resultOf(told)
  tell(`message ${id}`)
  const example = await resultOf(handlers['chat.teach']({ messageId: id, answer: `Better ${i}` }, signal))
  tell(`example ${example.id}`)
}
