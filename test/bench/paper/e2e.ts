/** The E2E data-to-text set (Novikova, Dušek, Rieser 2017), on which the VeRA paper reports. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'csv-parse/sync'
import type { TrainingExample } from '../../../src-main/engine/contract.ts'

/** A folder with `devset.csv` and `testset_w_refs.csv`; the set is not part of this repository. */
const folder = process.env.VERANDA_BENCH_E2E ?? '../shared/data/e2e'

export interface Meaning {
  readonly meaning: string
  readonly references: readonly string[]
}

/** Null, with a line that says so, where the set isn't there. */
export function readE2e(): {
  readonly training: readonly Meaning[]
  readonly test: readonly Meaning[]
} | null {
  if (existsSync(join(folder, 'devset.csv'))) {
    return { training: readMeanings('devset.csv'), test: readMeanings('testset_w_refs.csv') }
  }
  console.error(`The E2E set is not in ${folder}: set VERANDA_BENCH_E2E.`)
  return null
}

/** Each meaning once, with all its references, spread evenly over the file. */
export function spread(meanings: readonly Meaning[], count: number): readonly Meaning[] {
  return Array.from(
    { length: count },
    (_, index) => meanings[Math.floor((index * meanings.length) / count)],
  ).filter((meaning) => meaning !== undefined)
}

export function question(meaning: string): string {
  return `Describe the restaurant in one or two sentences: ${meaning}`
}

export function exampleOf({ meaning, references }: Meaning, index: number): TrainingExample {
  return {
    id: String(index),
    messages: [
      { role: 'user', content: question(meaning) },
      { role: 'assistant', content: references[0] ?? '' },
    ],
  }
}

function readMeanings(file: string): readonly Meaning[] {
  const rows = parse(readFileSync(join(folder, file), 'utf8'), { columns: true, bom: true }) as readonly {
    readonly mr: string
    readonly ref: string
  }[]
  const byMeaning = Map.groupBy(rows, (row) => row.mr)
  return [...byMeaning].map(([meaning, ofMeaning]) => ({
    meaning,
    references: ofMeaning.map(({ ref }) => ref),
  }))
}
