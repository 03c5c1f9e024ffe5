import type { Verdict, VerdictPair } from '../../../src-main/contract/verdict.ts'

export interface BlindPair {
  /** Its place in the verdict. */
  readonly index: number
  readonly pair: VerdictPair & { readonly base: string; readonly taught: string }
}

/** What the person can still choose between without knowing which is which: two answers that differ. */
export function blindPairs({ pairs }: Pick<Verdict, 'pairs'>): readonly BlindPair[] {
  return pairs.flatMap((pair, index) => {
    const { kind, base, taught, preferred } = pair
    if (kind === 'general' || base === null || taught === null || preferred !== null) return []
    return base === taught ? [] : [{ index, pair: { ...pair, base, taught } }]
  })
}
