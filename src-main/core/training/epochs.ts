/**
 * Which examples each optimizer step of a run takes: a pure function of its inputs, so that a resumed run sees
 * the same steps in the same order.
 */
import { shuffled, TorchGenerator } from '../vera/random.ts'
import { scoredTokens, type TokenizedExample } from './packing.ts'

export interface EpochSettings {
  readonly epochs: number
  /** Tokens of a step, padding not counted; steps come out about this large. */
  readonly batchTokens: number
  /** The most tokens an example may have. */
  readonly contextLength: number
  readonly seed: number
}

/** One optimizer step; `packRows` makes its batch. */
export interface PlannedStep {
  /** Counted from 1. */
  readonly epoch: number
  /** At least one. */
  readonly examples: readonly TokenizedExample[]
  /** Without padding. */
  readonly tokens: number
  /** What the summed loss is divided by; at least 1. */
  readonly scoredTokens: number
}

/** An example nothing can be learned from, and why. */
export interface UnusableExample {
  readonly id: string
  readonly reason: 'too-long' | 'nothing-scored'
  readonly tokens: number
}

export interface EpochPlan {
  readonly steps: readonly PlannedStep[]
  readonly unusable: readonly UnusableExample[]
}

/**
 * Every epoch takes all usable examples once, in an order of its own, cut into equally many steps of about
 * `batchTokens` tokens each, so that no step at the end is a small one.
 */
export function planEpochs(examples: readonly TokenizedExample[], settings: EpochSettings): EpochPlan {
  const { usable, unusable } = sortOut(examples, settings.contextLength)
  const steps: PlannedStep[] = []
  if (usable.length === 0) return { steps, unusable }
  const stepsPerEpoch = countSteps(usable, settings.batchTokens)
  const generator = new TorchGenerator(settings.seed)
  for (let epoch = 1; epoch <= settings.epochs; epoch++) {
    for (const group of cut(shuffled(generator, usable), stepsPerEpoch)) {
      steps.push({
        epoch,
        examples: group,
        tokens: tokensOf(group),
        scoredTokens: group.reduce((sum, example) => sum + scoredTokens(example), 0),
      })
    }
  }
  return { steps, unusable }
}

function sortOut(
  examples: readonly TokenizedExample[],
  contextLength: number,
): { usable: TokenizedExample[]; unusable: UnusableExample[] } {
  const usable: TokenizedExample[] = []
  const unusable: UnusableExample[] = []
  for (const example of examples) {
    const reason = unusableBecause(example, contextLength)
    if (reason === null) usable.push(example)
    else unusable.push({ id: example.id, reason, tokens: example.ids.length })
  }
  return { usable, unusable }
}

function unusableBecause(example: TokenizedExample, contextLength: number): UnusableExample['reason'] | null {
  if (example.ids.length > contextLength) return 'too-long'
  return scoredTokens(example) === 0 ? 'nothing-scored' : null
}

function tokensOf(examples: readonly TokenizedExample[]): number {
  return examples.reduce((sum, example) => sum + example.ids.length, 0)
}

function countSteps(examples: readonly TokenizedExample[], batchTokens: number): number {
  const wanted = Math.round(tokensOf(examples) / batchTokens)
  return Math.min(Math.max(1, wanted), examples.length)
}

/** Cuts the list into `count` parts of about equally many tokens, none of them empty. */
function cut(examples: readonly TokenizedExample[], count: number): TokenizedExample[][] {
  const share = tokensOf(examples) / count
  const groups: TokenizedExample[][] = []
  let group: TokenizedExample[] = []
  let taken = 0
  for (const [index, example] of examples.entries()) {
    const groupsAfter = count - groups.length - 1
    const boundary = share * (groups.length + 1)
    const nearerWithout = taken + example.ids.length / 2 > boundary
    const mustLeave = examples.length - index <= groupsAfter
    if (group.length > 0 && groupsAfter > 0 && (nearerWithout || mustLeave)) {
      groups.push(group)
      group = []
    }
    group.push(example)
    taken += example.ids.length
  }
  groups.push(group)
  return groups
}
