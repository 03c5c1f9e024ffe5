/**
 * Checks a folder of reference values (made by PyTorch, transformers, PEFT and llama.cpp; see the README in it)
 * through the project's own code: `npm run reference -- DIR [--model SMOLLM2.gguf]`.
 */
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import type { Outcome } from './check.ts'
import type { Kind } from './kind.ts'
import { kinds, modelKinds } from './kinds.ts'
import { withRealModel } from './real-model.ts'

const { positionals, values } = parseArgs({ allowPositionals: true, options: { model: { type: 'string' } } })
const [directory] = positionals
const missing = [directory, values.model].find((path) => path !== undefined && !existsSync(path))
if (directory === undefined || missing !== undefined) {
  console.error(
    `Name a reference folder: npm run reference -- DIR [--model SMOLLM2.gguf]${missing === undefined ? '' : ` (${missing} is not there)`}`,
  )
  process.exit(2)
}
const reference = resolve(directory)

let passed = 0
let failed = 0
let skipped = 0

function skip(kind: Kind, why: string): void {
  skipped++
  console.log(`skip  ${kind.name}: ${why}`)
}

function report(kind: Kind, { checks, failures, skipped: left, worst }: Outcome): void {
  if (failures.length > 0) failed++
  else if (checks === 0) skipped++
  else passed++
  const word = failures.length > 0 ? 'FAIL' : checks === 0 ? 'skip' : 'ok  '
  const largest = worst > 0 ? `, largest difference ${worst.toPrecision(2)} of its tolerance` : ''
  const notChecked = left.length > 0 ? `; left out: ${left.join('; ')}` : ''
  console.log(`${word}  ${kind.name}: ${checks} checks${largest}${notChecked}`)
  for (const failure of failures) console.log(`      ${failure}`)
}

/** Runs a check; what it throws counts as a failure. */
async function run(kind: Kind, check: () => Promise<Outcome> | Outcome): Promise<void> {
  if (!existsSync(join(reference, kind.path))) {
    skip(kind, `${kind.path} is not in the folder`)
    return
  }
  try {
    report(kind, await check())
  } catch (error) {
    failed++
    console.log(
      `FAIL  ${kind.name}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
    )
  }
}

for (const kind of kinds) await run(kind, () => kind.check(reference))
if (modelKinds.some((kind) => existsSync(join(reference, kind.path)))) {
  await withRealModel(values.model, async (model) => {
    for (const kind of modelKinds) {
      if (typeof model === 'string') skip(kind, `it needs the default model. ${model}`)
      else await run(kind, () => kind.check(reference, model))
    }
  })
}
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`)
process.exit(failed > 0 ? 1 : 0)
