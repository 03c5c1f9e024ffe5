/**
 * What we export, run by the programs it is for: `npm run test:interop [-- --tiny]`. Prints the largest logit
 * difference of each format to ours, and ends with 1 if one is above its tolerance.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { exportFormatNames, exportFormats } from '../../src-main/contract/export-formats.ts'
import { architectureOf } from '../../src-main/core/llama/architectures.ts'
import { exportAdapter } from '../../src-main/engine/export/export-adapter.ts'
import { openExactLogits } from '../../src-main/engine/export/exact-logits.ts'
import { compareLogits, parityPrompts } from '../../src-main/engine/export/parity.ts'
import type { Parity } from '../../src-main/engine/contract.ts'
import type { LoadedModel } from '../../src-main/engine/loaded-model.ts'
import { readAdapters } from '../../src-main/engine/open-adapter.ts'
import { EngineResources } from '../../src-main/engine/resources.ts'
import { chooseRuntime } from '../../src-main/engine/runtime.ts'
import { type GeneratedShape, smallShape } from '../engine/generated-model.ts'
import { codecs } from '../reference/imported-model.ts'
import { trainBundle } from './bundle.ts'
import { interopFormats } from './formats.ts'
import { startLlama } from './llama.ts'
import { interopModels, prepare, type PreparedModel } from './models.ts'
import { startPeft } from './peft.ts'
import type { Program } from './program.ts'

const { values } = parseArgs({ options: { tiny: { type: 'boolean', default: false } } })
const resources = new EngineResources(chooseRuntime({ threads: 2, exact: true }).runtime, codecs)
const folder = mkdtempSync(join(tmpdir(), 'veranda-interop-'))
const programs: readonly Program[] = [startPeft(), await startLlama()]
const rows: string[][] = []
let tooFar = false

try {
  for (const [index, model] of (await interopModels(!values.tiny)).entries()) {
    await compareModel(await prepare(resources, model, join(folder, String(index))))
  }
  const peft = programs.find(({ name }) => name === 'PEFT')
  for (const shape of [smallShape, { ...smallShape, model_type: 'phi3', tie_word_embeddings: false }])
    if (peft !== undefined) await compareBundle(peft, shape)
} finally {
  for (const program of programs) await program.close()
  rmSync(folder, { recursive: true, force: true })
}

console.log(
  table(['model', 'format', 'program', 'largest difference', 'tolerance', 'nats', 'same choice'], rows),
)
process.exit(tooFar ? 1 : 0)

/** A training elsewhere, in two processes, whose adapter comes back. */
async function compareBundle(peft: Program, shape: GeneratedShape): Promise<void> {
  const { parity, learned, losses, processes, learnedTokens } = await trainBundle(resources, peft, shape)
  const [theirs, ours] = learnedTokens
  const fell = (losses.at(-1) ?? NaN) < (losses[0] ?? NaN)
  if (processes !== 2 || theirs !== ours || !fell) {
    tooFar = true
    console.error(
      `The bundle: ${processes} processes, ${theirs} learned tokens for ${ours}, losses ${losses.join(' ')}`,
    )
  }
  const name = `bundle ${String(shape['model_type'] ?? 'llama')}`
  addRow(name, '(what it learned)', 'veranda', learned, null)
  addRow(name, `${processes} processes`, peft.name, parity, 1e-3)
}

function addRow(
  model: string,
  format: string,
  program: string,
  parity: Parity,
  tolerance: number | null,
): void {
  const isTooFar = tolerance !== null && !(parity.largestDifference <= tolerance)
  tooFar ||= isTooFar
  rows.push([
    model,
    format,
    program,
    parity.largestDifference.toExponential(2) + (isTooFar ? ' (too far)' : ''),
    tolerance === null ? '' : tolerance.toExponential(1),
    parity.largestDivergence.toExponential(1),
    `${(100 * parity.sameChoices).toFixed(1)} %`,
  ])
  console.error(rows.at(-1)?.join('  '))
}

async function compareModel(prepared: PreparedModel): Promise<void> {
  const model = resources.model(prepared.directory)
  const { vocabularySize } = model.folder.model.config
  const reference = { path: prepared.adapter, strength: 1 }
  const prompts = parityPrompts(model)
  const logits = async (withAdapter: boolean): Promise<readonly Float32Array[]> => {
    const adapters = withAdapter ? readAdapters(reference.path, model.folder).adapters : []
    const source = await openExactLogits(model, adapters, resources)
    const all: Float32Array[] = []
    for (const prompt of prompts) all.push(await source.logits(prompt))
    await source.close()
    return all
  }
  const [base, adapted] = [await logits(false), await logits(true)]
  const row = (format: string, program: string, parity: Parity, tolerance: number | null): void =>
    addRow(prepared.name, format, program, parity, tolerance)
  row('(what the adapter changes)', 'veranda', compareLogits(base, adapted, vocabularySize), null)
  const ofBase = new Map<string, number>()
  for (const program of programs) {
    const theirs = await program.logits({ model: prepared.files[program.name], adapter: null, prompts })
    const parity = compareLogits(base, theirs, vocabularySize)
    ofBase.set(program.name, parity.largestDifference)
    row('(the model alone)', program.name, parity, null)
  }
  for (const format of exportFormatNames) {
    if (needsLora(model) && format.startsWith('peft')) continue
    const path = join(prepared.directory, '..', format)
    const input = { modelDirectory: prepared.directory, adapter: reference, format, name: 'interop', path }
    let own: Parity
    const exporting = exportAdapter(resources)(input, new AbortController().signal)
    for (;;) {
      const next = await exporting.next()
      if (next.done !== true) continue
      own = next.value.parity
      break
    }
    row(format, 'veranda', own, null)
    const interop = interopFormats[format]
    const program = programs.find(({ name }) => name === interop?.program)
    if (interop === null || program === undefined) continue
    const { isAdapter } = exportFormats[format]
    const base = prepared.files[program.name]
    const job = isAdapter ? { model: base, adapter: path } : { model: path, adapter: null }
    const theirs = await program.logits({ ...job, prompts })
    const lost = isAdapter ? 0 : own.largestDifference
    const tolerance = interop.tolerance + 2 * (ofBase.get(program.name) ?? 0) + lost
    row(format, program.name, compareLogits(adapted, theirs, vocabularySize), tolerance)
  }
}

/** PEFT's VeRA has no place for adapters of parts of a fused matrix. */
function needsLora({ folder: { summary } }: LoadedModel): boolean {
  return architectureOf(summary.architecture).fused
}

function table(headings: readonly string[], body: readonly (readonly string[])[]): string {
  const all = [headings, ...body]
  const widths = headings.map((_, column) => Math.max(...all.map((cells) => cells[column]?.length ?? 0)))
  return all
    .map((cells) =>
      cells
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
