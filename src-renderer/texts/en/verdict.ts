import { counter } from '../counter.ts'

const count = counter('en')
const times = (n: number) => count(n, { one: 'time', other: 'times' })

const learned = {
  much: (heldOut: boolean) =>
    heldOut
      ? 'It learned what you taught, and it carries over to examples it never saw'
      : 'It learned your examples',
  some: (heldOut: boolean) =>
    heldOut
      ? 'It learned some of what you taught, on examples it never saw'
      : 'It learned some of your examples',
  little: (heldOut: boolean) =>
    heldOut ? 'It hardly got better on examples it never saw' : 'It hardly learned your examples',
  worse: (heldOut: boolean) =>
    heldOut ? 'It got worse on examples it never saw' : 'It got worse on your examples',
}
const forgot = {
  nothing: 'kept what the model knew',
  some: 'lost some of what the model knew',
  much: 'lost much of what the model knew',
}

export const verdict = {
  title: 'Verdict',
  sentence: (
    learning: 'much' | 'some' | 'little' | 'worse',
    heldOut: boolean,
    forgetting: 'nothing' | 'some' | 'much' | null,
  ) => {
    const what = learned[learning](heldOut)
    if (forgetting === null) return `${what}.`
    const isGood = learning === 'much' || learning === 'some'
    return `${what}, ${isGood === (forgetting === 'nothing') ? 'and' : 'but'} ${forgot[forgetting]}.`
  },
  advice: {
    lessByHeart:
      'It learned your examples by heart. More and more varied examples help most; fewer epochs, or keeping the best instead of the last (Advanced), too.',
    longer: 'Train on for more rounds, or choose Thorough.',
    replay: 'To keep more of what the model knew, let general questions be learned along: Balanced does.',
  },
  numbers: {
    heldOut: 'Held-out loss',
    training: 'Training loss',
    known: 'General questions',
    knownOf: (after: number, before: number) => `${after} of the ${before} it knew`,
    general: 'Loss of its own answers',
    preferred: 'You preferred',
    tally: (taught: number, base: number, neither: number) =>
      `it ${times(taught)}, the model alone ${times(base)}` +
      (neither > 0 ? `, neither ${times(neither)}` : ''),
  },
  asking: (done: number, all: number) =>
    `Asking the model alone and with what it learned: ${done} of ${count(all, { one: 'answer', other: 'answers' })}.`,
  progress: 'Progress of the questions',
  failed: 'The questions could not be asked',
  deleted: 'This assistant was deleted.',
  tryIt: 'Try it in chat',
  keep: 'Keep it',
  kept: 'Kept',
  trainOn: 'Train on',
  discard: 'Discard it',
  answers: 'Side by side',
  kinds: {
    probe: (n: number) => `Your questions (${n})`,
    heldOut: (n: number) => `Examples it never saw (${n})`,
    general: (n: number) => `General questions that nobody taught (${n})`,
  },
  waiting: 'Waits to be asked.',
  alone: (right: boolean | null) =>
    `The model alone${right === null ? '' : right ? ' · right' : ' · not right'}`,
  taught: (right: boolean | null) =>
    `With what it learned${right === null ? '' : right ? ' · right' : ' · not right'}`,
  expected: 'Your example says:',
  blind: {
    action: (n: number) => `Choose without names (${n})`,
    title: 'Which answer is better?',
    place: (index: number, all: number) => `${index} of ${all}. Which is which is told at the end.`,
    better: (side: 'A' | 'B') => `${side} is better`,
    neither: 'No difference',
    reveal: 'Show which is which',
    was: { taught: 'You preferred it', base: 'You preferred the model alone' },
    tally: (name: string, taught: number, base: number, neither: number) =>
      `You preferred ${name} ${times(taught)} and the model alone ${times(base)}` +
      (neither > 0 ? `; ${times(neither)} you saw no difference.` : '.'),
  },
}
