/** Imports a model, chats, trains and measures over a real engine process, and prints what came of it as JSON. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openApp } from '../../../../src-main/app/app.ts'
import { resultOf } from '../../../../src-main/contract/event-stream.ts'
import { connectEngine } from '../../../../src-main/engine/client.ts'
import { forkEngine } from '../../../../src-main/hosts/node-engine-process.ts'

const [dataDirectory = '', task = 'use'] = process.argv.slice(2)
const root = join(import.meta.dirname, '../../../..')
const gguf = join(root, 'test/golden/reference/gguf-quants/tiny-llama-tied-Q4_1.gguf')
const template =
  "{% for message in messages %}{{ message['role'] + ':' + message['content'] + eos_token }}{% endfor %}{% if add_generation_prompt %}{{ 'assistant:' }}{% endif %}"

/** What this kernel has sent or tried to, of all processes in this network namespace, by its own count. */
function kernelCounts(): Record<string, number> {
  const path = '/proc/net/snmp'
  if (!existsSync(path)) return {}
  const lines = readFileSync(path, 'utf8').split('\n')
  const count = (protocol: string, field: string): number => {
    const [names = '', values = ''] = lines.filter((line) => line.startsWith(`${protocol}:`))
    return Number(values.split(' ')[names.split(' ').indexOf(field)])
  }
  return {
    noRoute: count('Ip', 'OutNoRoutes'),
    packets: count('Ip', 'OutRequests'),
    connections: count('Tcp', 'ActiveOpens'),
    datagrams: count('Udp', 'OutDatagrams'),
  }
}

async function useApp(): Promise<object> {
  const app = await openApp({
    dataDirectory,
    resourcesDirectory: join(root, 'resources'),
    version: '0',
    engine: connectEngine(() => forkEngine()),
  })
  const { models, chat, personalize, evaluate } = app.services
  const { id } = await resultOf(models.import({ path: gguf, name: 'Tiny' }))
  const manifest = join(dataDirectory, 'models', id, 'model.json')
  writeFileSync(
    manifest,
    JSON.stringify({ ...JSON.parse(readFileSync(manifest, 'utf8')), chatTemplate: template }),
  )
  const messages = [{ role: 'user' as const, content: 'hi' }]
  const examples = [{ messages: [...messages, { role: 'assistant' as const, content: 'hello there' }] }]
  const settings = { rank: 4, epochs: 3, batchTokens: 40 }
  const run = personalize.start({ name: 'Pim', model: null, examples, settings })
  const { status } = await resultOf(personalize.watch(run.id))
  const sampling = { maxTokens: 8 }
  const { generatedTokens } = await resultOf(chat.answer({ messages, model: null, adapter: 'Pim', sampling }))
  const { tokens } = await resultOf(evaluate({ examples, model: null, adapter: 'Pim' }))
  const log = await resultOf(app.handlers['network.list']({}, new AbortController().signal))
  await app.close()
  return { status, generatedTokens, tokens, log }
}

/** What the test would find if something did reach out. */
async function reachOut(): Promise<object> {
  const error = await fetch('http://192.0.2.1/').catch((caught: unknown) => caught)
  return { failed: error instanceof Error }
}

const result = task === 'reach-out' ? await reachOut() : await useApp()
console.log(JSON.stringify({ ...result, kernel: kernelCounts() }))
