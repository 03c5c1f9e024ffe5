import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { testApp } from '../../app/test-app.ts'
import { veranda } from './command-line.ts'

const folder = mkdtempSync(join(tmpdir(), 'veranda-cli-examples-'))
afterAll(() => rmSync(folder, { recursive: true }))

test('examples are imported, listed and exported, and the export imports back equal', async () => {
  const { services } = await testApp()
  const file = join(folder, 'in.jsonl')
  writeFileSync(file, '{"instruction":"Q","output":"A","rejected":"B"}\n{"instruction":7}\n')

  const imported = await veranda(['examples', 'import', file, '--approve', '--tag', 'bench'], { services })
  expect(imported).toMatchObject({ code: 0, stdout: 'Imported 1 example. They are approved.\n' })
  expect(imported.stderr).toContain(`${file}:2: line 2 has no \`output\``)

  const listed = await veranda(['examples', 'list', '--tag', 'bench'], { services })
  expect(listed.stdout).toMatch(/approved\s+Q\s+A\s+bench/)
  expect((await veranda(['examples', 'list', '--status', 'new'], { services })).stdout).toBe(
    'There are no such examples.\n',
  )

  for (const name of ['out.jsonl', 'out.json', 'out.csv']) {
    const out = join(folder, name)
    expect((await veranda(['examples', 'export', out], { services })).code).toBe(0)
    const other = await testApp()
    await veranda(['examples', 'import', out], { services: other.services })
    expect(other.services.examples.list()).toMatchObject([
      {
        messages: [
          { role: 'user', content: 'Q' },
          { role: 'assistant', content: 'A' },
        ],
        rejected: 'B',
        tags: ['bench'],
        status: 'new',
      },
    ])
    // What is there is never written over.
    const before = readFileSync(out, 'utf8')
    expect(await veranda(['examples', 'export', out], { services })).toMatchObject({ code: 1 })
    expect(readFileSync(out, 'utf8')).toBe(before)
  }
})

test('another encoding is read when it is said, and a file without examples is a failure', async () => {
  const { services } = await testApp()
  const file = join(folder, 'latin.jsonl')
  writeFileSync(file, Buffer.from('{"instruction":"caf\u00e9","output":"A"}\n', 'latin1'))
  const failed = await veranda(['examples', 'import', file], { services })
  expect(failed.code).toBe(1)
  expect(failed.stderr).toContain('is not UTF-8 (byte 0xE9)')
  const read = await veranda(['examples', 'import', file, '--encoding', 'windows-1252'], { services })
  expect(read.stdout).toBe('Imported 1 example. They wait for review in Teach.\n')
  expect(services.examples.list()[0]?.messages[0]?.content).toBe('café')
})
