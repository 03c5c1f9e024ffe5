/**
 * The largest rate for VeRA's vectors on a model of so many parameters: the line that the paper's rates lie along,
 * GPT-2 medium (355 M) 0.1, large (774 M) 0.02, Llama 7B 0.004, which gives 0.076, 0.035 and 0.0039 there. The rank
 * does not enter: B's fan-in is the rank, so what a step changes stays the same.
 *
 * Source: Kopiczko et al., arXiv 2310.11454, the hyperparameters of its appendix.
 */
export function largestRate(parameterCount: number): number {
  return Number((2.7e7 / parameterCount).toPrecision(2))
}
