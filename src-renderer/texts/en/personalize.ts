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
    goesOn: (name: string) => `Goes on from what “${name}” has learned.`,
    anew: 'Begin anew instead',
    action: 'Measure what it takes',
    start: 'Start learning',
    queue: 'Put it in the queue',
    anyway: 'Start without it',
    failed: 'It could not be started',
    needs: {
      model: 'Install a model first.',
      selected: 'Select examples in Teach first.',
      examples: 'Teach an example first.',
      name: 'Give the assistant a name first.',
      targets: 'Choose at least one kind of layer.',
      setting: (label: string) => `“${label}” under Advanced has a value that can’t be used.`,
      heldOut: 'Several tries are compared on held-out examples: hold some back, or try once.',
      memory: 'It will not fit the memory.',
    },
  },
  elsewhere: {
    open: 'Train elsewhere…',
    title: 'Train elsewhere',
    text: 'Too much for this machine? Take what is to be learned to a faster one: a computer with a GPU, several, or a cluster. What it learns there comes back as an assistant.',
    holds: (n: number, model: string) =>
      `The folder holds all approved examples (${examples(n)}), the settings chosen on this screen, a short Python script, and what to do as README.md. Look through the examples before you give it away. Model: ${model}.`,
    includesModel: 'Put the model in',
    withModel: 'Large: two bytes a weight. The assistant then fits for certain.',
    withoutModel:
      'Small. The script has to be told where the very same model is there; an assistant of another one does not fit.',
    action: 'Write the folder',
    failed: 'The folder could not be written',
    there: 'There',
    thereText: 'With Python 3.10 or newer, in that folder:',
    readme: 'Its README.md says how several GPUs or machines take part.',
    back: 'And back',
    backText: (model: string) =>
      `When it is done there is a folder named adapter. Bring it back and import it, for the model ${model}.`,
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
  presets: {
    label: 'How thoroughly',
    quick: {
      name: 'Quick',
      gives: 'A first impression: only the upper third of the model learns.',
      costs: 'About a quarter of the time. It holds less, and forgets more of what the model knew.',
    },
    balanced: {
      name: 'Balanced',
      gives:
        'Holds what you taught, and keeps most of what the model knew: it learns 24 general questions along.',
      costs: 'Minutes for a few dozen examples.',
    },
    thorough: {
      name: 'Thorough',
      gives: 'More rounds and more general questions, for examples that are hard to learn.',
      costs: 'Two to three times as long as balanced.',
    },
  },
  probes: {
    label: 'Your own questions',
    hint: 'Answered before, again and again while it learns, and after, so that you see what changes. Optional.',
    question: (index: number) => `Question ${index}`,
    example: 'For example: What is the dog called?',
    add: 'Another question',
    remove: (index: number) => `Remove question ${index}`,
  },
  estimate: {
    measuring: 'Taking a few real steps, to measure what it will need. Nothing is kept of them.',
    progress: 'Progress of the measurement',
    stop: 'Stop',
    failed: 'It could not be measured',
    time: (time: string) => `It will take about ${time}.`,
    how: (measured: number, steps: number, speed: string) =>
      `Measured by ${count(measured, { one: 'step', other: 'steps' })} of ${number.format(steps)}, at ${speed}.`,
    beside: 'Another run was learning meanwhile: alone it is faster.',
    smaller: (tokens: number) =>
      `Not every step fits the memory at once: it will work in passes of ${number.format(tokens)} tokens, which takes longer.`,
    memoryLabel: 'Memory it needs',
    memory: (needed: string, available: string) =>
      `${needed} of the ${available} that this machine has for it`,
    no: 'It will not fit.',
    needs: (memory: string) => `It would need ${memory}.`,
    remedy: (fitting: number, longest: number) =>
      (fitting > 0
        ? `Leave out examples with more than ${number.format(fitting)} tokens (the longest has ${number.format(longest)}). `
        : '') + 'Let fewer layers learn (Quick), close other programs, or choose a smaller model.',
  },
  advanced: {
    title: (changed: number) => (changed > 0 ? `Advanced, ${changed} changed` : 'Advanced'),
    noModel: 'The settings depend on the model: install one first.',
    what: 'the usual settings',
    reset: 'Back to the usual settings',
    shapeKept: 'The assistant that it goes on from decides the size and place; the rest is free.',
    unreadable: 'This can’t be read.',
    groups: {
      learning: 'What is learned',
      place: 'Size and place',
      steps: 'Steps',
      checks: 'Checks on the held-out examples',
    },
    fields: {
      epochs: { label: 'Epochs', hint: 'How often every example is seen.' },
      learningRate: {
        label: 'Learning rate',
        hint: 'How large each correction is; too large and the loss jumps.',
      },
      replay: {
        label: 'General questions',
        hint: 'How many are learned along with the model’s own answers, so that it forgets less; 0 is none.',
      },
      preferences: {
        label: 'Rejected answers',
        hint: 'Whether answers that you corrected count as the worse of two.',
      },
      preferenceBeta: {
        label: 'Preference β',
        hint: 'How closely preferences stay with the model: the smaller, the further they may move it.',
      },
      method: { label: 'Method', hint: 'VeRA learns two small vectors a layer, LoRA two small matrices.' },
      rank: {
        label: 'Rank',
        hint: 'How many directions the addition can use; more can hold more, and costs more time.',
      },
      layerShare: {
        label: 'Share of layers',
        hint: 'The upper share of the layers that learns; what is below is computed only once, so less is faster.',
      },
      layers: {
        label: 'Layers by number',
        hint: 'Counted from 0, as in 0, 2-5; empty: what the share says.',
      },
      ranks: {
        label: 'Other ranks',
        hint: 'By layer, kind or both, as in 3:8, q_proj:16, 3.q_proj:0; 0 leaves it as it is.',
      },
      bias: { label: 'Biases', hint: 'Which of the model’s own biases learn too, where it has any.' },
      dropout: {
        label: 'Dropout',
        hint: 'Share of the addition’s inputs that each step leaves out, against learning by heart; 0 is off.',
      },
      dInitial: { label: 'Initial d', hint: 'What every lambda_d starts from.' },
      projectionKey: {
        label: 'Projection key',
        hint: 'The seed of the frozen random projections A and B; kept with the assistant.',
      },
      alpha: { label: 'Alpha', hint: 'LoRA’s scale is alpha divided by the rank; empty: the rank.' },
      rsLora: { label: 'Rank-stabilised', hint: 'Divides alpha by the square root of the rank instead.' },
      targets: { label: 'Layers that learn', hint: 'The kinds of linear layers that are added to.' },
      batchTokens: { label: 'Tokens a step', hint: 'How many tokens are read between two corrections.' },
      schedule: { label: 'Schedule', hint: 'How the learning rate falls after the warm-up.' },
      warmupRatio: {
        label: 'Warm-up share',
        hint: 'Share of the steps in which the learning rate rises to its full value.',
      },
      optimizer: { label: 'Optimizer', hint: 'AdamW adapts the step of every number; SGD takes plain ones.' },
      momentum: { label: 'Momentum', hint: 'How much of its direction SGD keeps from step to step.' },
      lambdaDRate: {
        label: 'Rate of lambda_d',
        hint: 'What the learning rate is multiplied by for lambda_d; 0 keeps it fixed.',
      },
      lambdaBRate: {
        label: 'Rate of lambda_b',
        hint: 'What the learning rate is multiplied by for lambda_b; 0 keeps it fixed.',
      },
      weightDecay: { label: 'Weight decay', hint: 'Pulls the learned numbers towards zero; 0 is off.' },
      clipNorm: {
        label: 'Largest gradient',
        hint: 'A correction longer than this norm is shortened to it; 0 is off.',
      },
      averageDecay: {
        label: 'Averaging',
        hint: 'Decay of a moving average over the steps, which is then what is kept; 0 is off.',
      },
      seed: { label: 'Seed', hint: 'The order of the examples; the same seed gives the same run.' },
      evaluations: {
        label: 'Measurements',
        hint: 'How often the held-out examples are measured and your questions answered.',
      },
      patience: {
        label: 'Patience',
        hint: 'Stops early after so many measurements without a better one; 0 is off.',
      },
      keep: { label: 'Keep', hint: 'Which vectors become the assistant.' },
      seeds: {
        label: 'Tries',
        hint: 'So many seeds are trained one after the other; the best on the held-out examples is kept.',
      },
    },
    choices: {
      method: { vera: 'VeRA', lora: 'LoRA' },
      bias: { none: 'None', adapted: 'Of the layers that learn', all: 'All' },
      schedule: {
        cosine: 'Cosine: falls slowly, then fast, then slowly',
        linear: 'Linear: falls evenly',
        constant: 'Constant',
      },
      optimizer: { adamw: 'AdamW', sgd: 'SGD' },
      keep: { last: 'The last', best: 'The best on the held-out examples' },
      preferences: {
        off: 'Don’t count',
        together: 'Count beside the better answers',
        only: 'Count alone (DPO)',
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
  queue: {
    title: 'In progress',
    text: 'One learns at a time, the others wait for it. Chatting goes before learning.',
    remove: (name: string) => `Remove “${name}” from the queue`,
    failed: 'It could not be removed',
  },
  samples: {
    title: 'Your questions',
    waiting: 'The first answer comes before the first step.',
    before: 'Before',
    notYet: 'While it learns',
    after: (step: number) => `After step ${number.format(step)}`,
    between: (n: number) => count(n, { one: 'answer in between', other: 'answers in between' }),
    step: (step: number) => `From step ${number.format(step)}`,
    empty: 'No answer yet.',
  },
  status: {
    queued: 'Waiting',
    running: 'Learning',
    interrupted: 'Paused',
    done: 'Done',
    failed: 'Failed',
    cancelled: 'Cancelled',
  },
  progress: {
    label: (name: string) => `Progress of ${name}`,
    queued: 'Waiting for the run before it',
    preparing: 'Preparing the examples and the model',
    step: (step: number, steps: number) => `Step ${number.format(step)} of ${number.format(steps)}`,
    pause: 'Pause',
    cancel: 'Cancel',
    remove: 'Remove from the queue',
    discard: 'Give it up',
    cancelTitle: (name: string) => `Give up “${name}”?`,
    cancelText: (step: number) =>
      `What it learned in ${count(step, { one: 'step', other: 'steps' })} is deleted. Pausing keeps it.`,
    cancelAction: 'Give it up',
    broken: (step: number) => `The run was cut off at step ${number.format(step)}`,
    failed: (step: number) => `The run failed at step ${number.format(step)}`,
    interrupted: (step: number, steps: number) =>
      steps === 0
        ? 'It has not begun.'
        : `It stands at step ${number.format(step)} of ${number.format(steps)}. What was learned is kept, also when the app is closed.`,
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
    stoppedEarly: (step: number) =>
      `It stopped early, after step ${number.format(step)}: the held-out loss fell no further. The best of what it learned is kept.`,
    rankEpochs: 'Rank, epochs',
    learningRate: 'Learning rate',
    layers: 'Layers',
    allLayers: 'all linear layers',
    seedKey: 'Seed, key',
  },
}
