/** Each import rule of layers.config.ts, broken once by a file that must not pass. */
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { cruise, type ICruiseResult } from 'dependency-cruiser'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import configuration from '../layers.config.ts'

/** Rule → importing file and what it imports, from the importing file. */
const violations: Record<string, readonly (readonly [file: string, imported: string])[]> = {
  contract: [['src-main/contract/a.ts', '../core/graph/ir.ts']],
  core: [
    ['src-main/core/graph/a.ts', '../../contract/entities.ts'],
    ['src-main/core/tokenizer/a.ts', 'zod'],
    ['src-main/core/llama/a.ts', '../../engine/contract.ts'],
  ],
  'core-graph': [['src-main/core/graph/b.ts', '../checkpoint/gguf.ts']],
  'core-checkpoint': [['src-main/core/checkpoint/a.ts', '../graph/ir.ts']],
  'core-tokenizer': [['src-main/core/tokenizer/b.ts', '../checkpoint/gguf.ts']],
  'core-llama': [['src-main/core/llama/b.ts', '../vera/linear.ts']],
  'core-vera': [['src-main/core/vera/a.ts', '../training/trainer.ts']],
  'core-training': [['src-main/core/training/a.ts', '../generation/generate.ts']],
  'core-generation': [['src-main/core/generation/a.ts', '../training/trainer.ts']],
  texts: [['src-main/texts/a.ts', '../app/app.ts']],
  engine: [
    ['src-main/engine/a.ts', '../app/app.ts'],
    ['src-main/engine/b.ts', 'ws'],
  ],
  app: [
    ['src-main/app/a.ts', '../engine/client.ts'],
    ['src-main/app/b.ts', '../core/graph/ir.ts'],
    ['src-main/app/c.ts', '../hosts/cli/main.ts'],
  ],
  hosts: [
    ['src-main/hosts/cli/a.ts', '../../core/graph/ir.ts'],
    ['src-main/hosts/cli/b.ts', '../../engine/scheduler.ts'],
  ],
  'host-to-host': [
    ['src-main/hosts/cli/c.ts', '../browser/server.ts'],
    ['src-main/hosts/api/c.ts', '../browser/server.ts'],
  ],
  renderer: [
    ['src-renderer/chat/a.ts', '../../src-main/app/app.ts'],
    ['src-renderer/chat/Screen.svelte', '../../src-main/app/app.ts'],
  ],
  'no-node': [
    ['src-main/core/graph/c.ts', 'node:fs'],
    ['src-main/contract/b.ts', 'node:path'],
    ['src-renderer/chat/b.ts', 'node:path'],
  ],
  'no-network': [
    ['src-main/engine/d.ts', 'node:https'],
    ['src-main/app/e.ts', 'node:dns/promises'],
  ],
  'door-onnxruntime-node': [['src-main/engine/c.ts', 'onnxruntime-node']],
  'door-better-sqlite3': [['src-main/app/d.ts', 'better-sqlite3']],
  'door-electron-updater': [['src-main/hosts/electron/a.ts', 'electron-updater']],
  'door-electron': [['src-main/hosts/cli/d.ts', 'electron']],
  'no-circular': [['src-main/core/graph/d.ts', './d.ts']],
  resolvable: [['src-main/core/graph/f.ts', './nowhere.ts']],
}

/** What the house allows, and a rule drawn too tight would refuse. */
const allowed: readonly (readonly [file: string, imported: string])[] = [
  ['src-main/core/checkpoint/ok.ts', '../../contract/failure.ts'],
  ['src-main/core/training/ok.ts', '../llama/forward.ts'],
  ['src-main/core/tokenizer/ok.ts', '@huggingface/jinja'],
  ['src-main/engine/onnx-runtime.ts', 'onnxruntime-node'],
  ['src-main/engine/ok.ts', '../core/graph/ir.ts'],
  ['src-main/app/storage/ok.ts', 'better-sqlite3'],
  ['src-main/app/ok.ts', '../engine/contract.ts'],
  ['src-main/hosts/cli/ok.ts', '../../engine/client.ts'],
  ['src-main/hosts/browser/ok.ts', '../../app/app.ts'],
  ['src-main/hosts/electron/ok.ts', 'electron'],
  ['src-renderer/chat/ok.ts', '../../src-main/contract/procedures.ts'],
]

/** The rooms' files that the imports above point at. */
const targets = [
  'src-main/contract/entities.ts',
  'src-main/contract/failure.ts',
  'src-main/contract/procedures.ts',
  'src-main/core/graph/ir.ts',
  'src-main/core/checkpoint/gguf.ts',
  'src-main/core/llama/forward.ts',
  'src-main/core/vera/linear.ts',
  'src-main/core/training/trainer.ts',
  'src-main/core/generation/generate.ts',
  'src-main/engine/contract.ts',
  'src-main/engine/client.ts',
  'src-main/engine/scheduler.ts',
  'src-main/app/app.ts',
  'src-main/hosts/cli/main.ts',
  'src-main/hosts/browser/server.ts',
]

let root = ''
let found: ReadonlySet<string> = new Set()

async function write(file: string, text: string): Promise<void> {
  const path = join(root, file)
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, file.endsWith('.svelte') ? `<script lang="ts">\n${text}</script>\n` : text)
}

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'veranda-layers-'))
  await symlink(resolve('node_modules'), join(root, 'node_modules'))
  for (const file of targets) await write(file, 'export const value = 1\n')
  for (const [file, imported] of [...Object.values(violations).flat(), ...allowed]) {
    await write(file, `import * as seen from '${imported}'\nexport const kept = seen\n`)
  }
  const { output } = await cruise(['src-main', 'src-renderer'], {
    ...configuration.options,
    baseDir: root,
    validate: true,
    ruleSet: { forbidden: configuration.forbidden ?? [] },
  })
  found = new Set(
    (output as ICruiseResult).summary.violations.map(({ rule, from }) => `${rule.name}: ${from}`),
  )
}, 60_000)

afterAll(() => rm(root, { recursive: true, force: true }))

describe('each import rule refuses the file that breaks it', () => {
  test.each(Object.entries(violations).flatMap(([rule, files]) => files.map(([file]) => [rule, file])))(
    '%s: %s',
    (rule, file) => expect([...found]).toContain(`${rule}: ${file}`),
  )
})

test('no rule refuses what the house allows', () => {
  const files = new Set(allowed.map(([file]) => file))
  expect([...found].filter((violation) => files.has(violation.split(': ')[1] ?? ''))).toEqual([])
})

test('every rule is broken here once', () => {
  const names = (configuration.forbidden ?? []).map(({ name }) => name ?? '')
  expect(names.toSorted()).toEqual(Object.keys(violations).toSorted())
})
