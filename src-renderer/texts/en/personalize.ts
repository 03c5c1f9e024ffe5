import { counter } from '../counter.ts'

const count = counter('en')
const number = new Intl.NumberFormat('en')
const examples = (n: number) => count(n, { one: 'example', other: 'examples' })

export const personalize = {
  title: 'Personalize',
  text: 'The model stays as it is and learns a small addition from your examples. You can keep chatting meanwhile.',
  examples,
  start: {
    label: 'Start personalizing',
    name: 'Name of the assistant',
    firstName: 'For example: Pim',
    nextName: 'For example: Pim, second try',
    model: 'Model',
    noModel: 'No model is installed',
    action: 'Personalize',
    failed: 'It could not be started',
    needs: {
      model: 'Install a model first.',
      selected: 'Select examples in Teach first.',
      examples: 'Teach an example first.',
      name: 'Give the assistant a name first.',
      targets: 'Choose at least one kind of layer.',
    },
  },
  choice: {
    label: 'Examples',
    approved: (n: number) => `All approved, ${examples(n)}`,
    noneSelected: 'Only selected ones (none is selected)',
    selected: (n: number) => `Only the ${count(n, { one: 'selected example', other: 'selected examples' })}`,
    choose: 'Choose in Teach',
    heldOut: 'Held out for checking',
    heldOutHint:
      'A share of the examples is not learned but measured, to see whether what was learned carries over.',
    division: (learned: number, heldOut: number) =>
      `About ${number.format(learned)} learned, ${number.format(heldOut)} only measured, to see whether what was learned carries over.`,
  },
  advanced: {
    title: (changed: number) => (changed > 0 ? `Advanced, ${changed} changed` : 'Advanced'),
    noModel: 'The settings depend on the model: install one first.',
    what: 'the usual settings',
    reset: 'Back to the usual settings',
    fields: {
      rank: {
        label: 'Rank',
        hint: 'How many directions the addition can use; more can hold more, and costs more time.',
      },
      layerShare: {
        label: 'Share of layers',
        hint: 'The upper share of the layers that learns; what is below is computed only once, so less is faster.',
      },
      epochs: { label: 'Epochs', hint: 'How often every example is seen.' },
      replay: {
        label: 'General questions',
        hint: 'How many are learned along with the model’s own answers, so that it forgets less; 0 is none.',
      },
      learningRate: {
        label: 'Learning rate',
        hint: 'How large each correction is; too large and the loss jumps.',
      },
      batchTokens: { label: 'Tokens a step', hint: 'How many tokens are read between two corrections.' },
      warmupRatio: {
        label: 'Warm-up share',
        hint: 'Share of the steps in which the learning rate rises to its full value.',
      },
      weightDecay: { label: 'Weight decay', hint: 'Pulls the learned numbers towards zero; 0 is off.' },
      clipNorm: {
        label: 'Largest gradient',
        hint: 'A correction longer than this norm is shortened to it; 0 is off.',
      },
      dInitial: { label: 'Initial d', hint: 'What every lambda_d starts from.' },
      projectionKey: {
        label: 'Projection key',
        hint: 'The seed of the frozen random projections A and B; kept with the assistant.',
      },
      seed: { label: 'Seed', hint: 'The order of the examples; the same seed gives the same run.' },
    },
    schedule: {
      label: 'Schedule',
      hint: 'How the learning rate falls after the warm-up.',
      names: {
        cosine: 'Cosine: falls slowly, then fast, then slowly',
        linear: 'Linear: falls evenly',
        constant: 'Constant',
      },
    },
    targets: {
      label: 'Layers that learn',
      names: {
        q_proj: 'Query',
        k_proj: 'Key',
        v_proj: 'Value',
        o_proj: 'Output',
        gate_proj: 'Gate',
        up_proj: 'Up',
        down_proj: 'Down',
      },
    },
  },
  runs: {
    title: 'Runs',
    what: 'the runs',
    empty: 'Every run is kept here with its losses, so that you can compare.',
    loss: (before: string, after: string) => `loss ${before} → ${after}`,
    all: 'All runs',
    started: (status: string, when: string) => `${status} · started ${when}`,
    loading: 'Loading the run',
    followFailed: 'The run could not be followed',
  },
  status: {
    queued: 'Waiting',
    running: 'Learning',
    interrupted: 'Interrupted',
    done: 'Done',
    failed: 'Failed',
    cancelled: 'Cancelled',
  },
  progress: {
    label: (name: string) => `Progress of ${name}`,
    queued: 'Waiting for the run before it',
    preparing: 'Preparing the examples and the model',
    step: (step: number, steps: number) => `Step ${number.format(step)} of ${number.format(steps)}`,
    cancel: 'Cancel',
    done: (name: string) => `${name} has learned from your examples.`,
    doneNext: 'Ask it something that you taught.',
    tryIt: 'Try it in chat',
    deleted: 'This assistant was deleted.',
    failed: (step: number) => `The run failed at step ${number.format(step)}`,
    failedSilently: 'The run ended without saying why.',
    interrupted: (step: number, steps: number) =>
      `It stopped at step ${number.format(step)} of ${steps > 0 ? number.format(steps) : 'an unknown number'}, because the app or its engine ended. What was learned is kept.`,
    cancelled: 'You cancelled this run. No assistant was made of it.',
    canGoOn: 'It can go on from where it was last saved.',
    resume: 'Continue',
    actFailed: 'That did not work',
  },
  chart: {
    empty: 'The loss appears here as the model learns: lower is better.',
    logarithmic: 'Logarithmic',
    label: (text: string) => `Loss by step. ${text}`,
    unavailable: 'The chart can’t be drawn in this browser; the text above says the same.',
    step: 'Step',
    loss: 'Loss, nats a token',
    sets: { step: 'Each step', training: 'Training', heldOut: 'Held-out' },
  },
  /** The chart in words; `time` is null where nobody kept it. */
  loss: {
    change: (
      set: 'step' | 'training' | 'heldOut',
      way: 'fell' | 'rose' | 'stayed',
      before: string,
      after: string,
      time: string | null,
    ) =>
      `${set === 'heldOut' ? 'Held-out loss' : 'Training loss'} ${way} ` +
      (way === 'stayed' ? `at ${before}` : `from ${before} to ${after}`) +
      (time === null ? '.' : ` in ${time}.`),
  },
  facts: {
    title: 'In numbers',
    examples: 'Examples',
    exampleCounts: (learned: number, heldOut: number) =>
      `${number.format(learned)} learned, ${number.format(heldOut)} held out`,
    trainingLoss: 'Training loss',
    heldOutLoss: 'Held-out loss',
    before: (loss: string) => `${loss} before`,
    speed: 'Speed',
    memory: 'Most memory',
    model: 'Model',
    rankEpochs: 'Rank, epochs',
    learningRate: 'Learning rate',
    layers: 'Layers',
    allLayers: 'all linear layers',
    seedKey: 'Seed, key',
  },
}
