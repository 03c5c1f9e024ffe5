import type { Measurement } from './measure.ts'

/** Figures by name, in groups where the same name stands for several. */
export interface Results {
  readonly [name: string]: number | Results
}

/** One way of doing the benchmark's work. */
export interface Variant {
  readonly name: string
  /** Unmeasured, before each run. */
  before?(): unknown
  /** The measured work, once; what it returns is not looked at. */
  run(): unknown
}

/** Variants of the same work, measured against the first of them. */
export interface Benchmark {
  /** For `--only` and the report, kebab-case. */
  readonly name: string
  /** Several that are asked for by one name. */
  readonly group?: string
  /** Only run when it is named: it takes minutes. */
  readonly slow?: boolean
  /** What is measured on what, in a sentence. */
  readonly description: string
  /** How much one run gets done, for a rate: 64 `tokens`, 100 `MB`. */
  readonly amount?: { readonly count: number; readonly unit: string }
  /** Loads what the variants need, unmeasured; null with a reason printed where the machine lacks it. */
  prepare(): Promise<Prepared | null>
}

export interface Prepared {
  /** The first is the baseline, 1.00 in the report. */
  readonly variants: readonly Variant[]
  /** What the measurements come to, by names of their own, for `--json`. */
  results?(measurements: readonly Measurement[]): Results
  close?(): Promise<void>
}

/** Something that is measured in other terms than time: what it finds is printed as JSON. */
export interface Study {
  readonly name: string
  readonly group?: string
  readonly description: string
  /** Whether its figures stand beside those of benchmarks, not under its name. */
  readonly isSummary?: boolean
  /** null where what it needs isn't there. */
  run(): Promise<unknown>
}
