/**
 * What the engine process can be asked. Text, ids, numbers and paths cross this border; tensors never do.
 *
 * Every operation is a stream: events while it works, then one result. Cancelling is not an error: an
 * operation that was cancelled ends with what it has (`stopReason: 'stopped'`, `status: 'stopped'`).
 */
import type { Sentence } from '../contract/sentence.ts'
import type { ExportFormat } from '../contract/export-formats.ts'
import type { BlendOperations } from './blend-contract.ts'
import type { ChatEvent } from './chat-event-contract.ts'
import type { BundleOperations } from './bundle-contract.ts'
import type { DeviceOperations } from './device-contract.ts'

export type Role = 'system' | 'user' | 'assistant'

export interface ChatMessage {
  readonly role: Role
  readonly content: string
}

/** One training example: a conversation whose assistant turns are learned. */
export interface TrainingExample {
  readonly id: string
  readonly messages: readonly ChatMessage[]
  /** An answer that is worse than the last turn, for the same question. */
  readonly rejected?: string
}

/** What an imported model folder is; stored in it as `model.json` beside the graph and the weights. */
export interface ModelSummary {
  readonly name: string
  readonly architecture: string
  readonly parameterCount: number
  readonly layerCount: number
  readonly hiddenSize: number
  readonly vocabularySize: number
  /** In tokens. */
  readonly contextLength: number
  /** The formats of the weights with their share, largest first, for example `Q4_1`, and what rounding did to them. */
  readonly quantization: Sentence
  readonly sizeBytes: number
  /** SHA-256 of the source file (hex): adapters name the base model by it. */
  readonly sourceHash: string
}

/** Float weights become blocks of 32 with one scale; what that costs is measured on a text. */
export interface Quantizing {
  readonly bits: 4 | 8
  readonly passage: string
}

/** An adapter file (safetensors with PEFT's tensor names and the settings in its metadata). */
export interface AdapterReference {
  readonly path: string
  /** 1 is the adapter as trained, 0 the base model; scales lambda_b. */
  readonly strength: number
}

export interface SamplingSettings {
  /** 0 is greedy. */
  readonly temperature: number
  /** 0 is off. */
  readonly topK: number
  /** 1 is off. */
  readonly topP: number
  /** 0 is off. */
  readonly minP: number
  /** 1 is off. */
  readonly repeatPenalty: number
  readonly seed: number
}

export interface ChatInput {
  readonly modelDirectory: string
  readonly messages: readonly ChatMessage[]
  readonly adapter: AdapterReference | null
  readonly sampling: SamplingSettings
  readonly maxTokens: number
  /** Says of each token how likely it was, and which so many were likeliest; not unless given. */
  readonly topLogprobs?: number | null
  /** With activations in 8 bits where the processor has the instructions: faster, and close choices may change. */
  readonly fast?: boolean
  /** What the keys and values of kept conversations may take, of this model; the engine's own limit unless given. */
  readonly cacheBytes?: number | null
}

export interface ChatResult {
  readonly text: string
  /** `end`: the model ended its turn; `length`: maxTokens; `context`: the context is full; `stopped`: cancelled. */
  readonly stopReason: 'end' | 'length' | 'context' | 'stopped'
  readonly promptTokens: number
  /** The oldest messages, system messages not counted, that were left out to make the rest fit the context. */
  readonly leftOutMessages: number
  /** How many of the prompt's tokens were still in the KV cache. */
  readonly reusedTokens: number
  readonly generatedTokens: number
  readonly prefillMs: number
  readonly decodeMs: number
}

export type LinearKind = 'q_proj' | 'k_proj' | 'v_proj' | 'o_proj' | 'gate_proj' | 'up_proj' | 'down_proj'

export interface TrainingSettings {
  readonly rank: number
  readonly targets: readonly LinearKind[]
  readonly method: 'vera' | 'lora'
  /** The layers that are adapted, from 0; null: what `layerShare` says. */
  readonly layers: readonly number[] | null
  /** Other ranks of some layers or kinds, by `3.q_proj`, `3` or `q_proj`; 0 leaves the linear layer as it is. */
  readonly ranks: Readonly<Record<string, number>>
  /** The model's biases that are trained too, where it has any. */
  readonly bias: 'none' | 'all' | 'adapted'
  /** Share of the adapter's inputs that each step drops, drawn from `seed`; 0 is off. */
  readonly dropout: number
  /** LoRA's scale is alpha / rank, with `rsLora` alpha / √rank; null: alpha is the rank. */
  readonly alpha: number | null
  readonly rsLora: boolean
  /** The upper share of the layers that is adapted, above 0; 1 is all. What is below is computed once a run. */
  readonly layerShare: number
  readonly projectionKey: number
  readonly dInitial: number
  readonly learningRate: number
  readonly weightDecay: number
  /** Largest gradient norm; 0 is off. */
  readonly clipNorm: number
  readonly epochs: number
  /** Tokens of an optimizer step, padding not counted. */
  readonly batchTokens: number
  /** Share of the steps in which the learning rate rises to its full value. */
  readonly warmupRatio: number
  readonly schedule: 'cosine' | 'linear' | 'constant'
  readonly optimizer: 'adamw' | 'sgd'
  /** Of sgd. */
  readonly momentum: number
  /** What the learning rate is multiplied by for λ_d and for λ_b. */
  readonly lambdaDRate: number
  readonly lambdaBRate: number
  /** Decay of the moving average of the vectors, which then is what is measured and kept; 0 is off. */
  readonly averageDecay: number
  readonly seed: number
  /** So many seeds from `seed` on are trained, the one with the best held-out loss is kept. */
  readonly seeds: number
  /** Measurements of the held-out examples in a seed's steps. */
  readonly evaluations: number
  /** Measurements in a row no better than the best after which a seed stops early; 0 is off. */
  readonly patience: number
  /** A seed's last vectors, or those with the best held-out loss. */
  readonly keep: 'last' | 'best'
  /**
   * Whether rejected answers count (direct preference optimization): not, together with the learning of answers, or
   * alone, where examples without a rejected answer are left out.
   */
  readonly preferences: 'off' | 'together' | 'only'
  /** How much the model may move away from the base for a preference: more the smaller it is. */
  readonly preferenceBeta: number
}

export interface TrainInput {
  readonly modelDirectory: string
  readonly examples: readonly TrainingExample[]
  /** Examples that are only measured, before, during and after. */
  readonly heldOut: readonly TrainingExample[]
  /** General questions: the base model's answers to them and its certainty are held on to, against forgetting. */
  readonly replay: readonly (readonly ChatMessage[])[]
  /** Questions that are answered before, during and after, to watch what is learned. */
  readonly probes?: readonly (readonly ChatMessage[])[]
  /** An adapter file with the vectors to go on from; without one the method's own start. */
  readonly startPath?: string | null
  readonly settings: TrainingSettings
  /** Checkpoints and the finished adapter go here; a checkpoint found here is continued from. */
  readonly runDirectory: string
}

export type EstimateInput = Omit<TrainInput, 'runDirectory'>

/** What a run would take, measured by some of its steps. */
export interface EstimateResult {
  readonly steps: number
  /** Of all steps, padding not counted. */
  readonly tokens: number
  readonly trainableParameters: number
  readonly measuredSteps: number
  /** Of steps; 0 where none could be measured. */
  readonly tokensPerSecond: number
  readonly trainingMs: number
  /** For what is measured and answered before, between and after the steps. */
  readonly otherMs: number
  /** Resident memory of the engine process at its highest; by the growth of smaller passes where it didn't fit. */
  readonly peakMemoryBytes: number
  /** What the process had and could still have. */
  readonly availableMemoryBytes: number
  /** The longest example. */
  readonly longestTokens: number
  /** Of the largest pass that was run. */
  readonly passTokens: number
  /** `in-smaller-passes`: not every step at once, but every example. */
  readonly fits: 'yes' | 'in-smaller-passes' | 'no'
}

export type TrainEvent =
  | {
      readonly type: 'prepared'
      readonly steps: number
      readonly trainableParameters: number
      readonly resumedAtStep: number
    }
  | {
      readonly type: 'step'
      /** Counted from 1. */
      readonly step: number
      readonly steps: number
      readonly epoch: number
      /** Mean over the step's scored tokens, nats a token; with preferences plus the mean over its pairs. */
      readonly loss: number
      readonly preference: PreferenceMeasure | null
      readonly learningRate: number
      readonly gradientNorm: number
      readonly tokensPerSecond: number
      readonly elapsedMs: number
      readonly remainingMs: number
    }
  /** Something the person should know of a run that goes on. */
  | { readonly type: 'notice'; readonly code: string; readonly text: Sentence }
  | {
      readonly type: 'measured'
      readonly step: number
      readonly set: 'training' | 'heldOut'
      readonly loss: number
    }
  /** The likeliest answer to a probe with the vectors as they are after the step. */
  | {
      readonly type: 'sampled'
      readonly step: number
      /** Its place among the probes, counted from 0. */
      readonly probe: number
      readonly answer: string
    }

/** Means over pairs of a chosen and a rejected answer. */
export interface PreferenceMeasure {
  /** Nats; ln 2 where the model prefers neither more than the base does. */
  readonly loss: number
  /** How much more likely the chosen answers became than the rejected, against the base: β · nats. */
  readonly margin: number
  /** The share of pairs with a positive margin. */
  readonly accuracy: number
}

/** Of one seed that was trained to its end. */
export interface SeedResult {
  readonly seed: number
  readonly step: number
  /** Of its vectors that were kept, nats a token; null without held-out examples. */
  readonly heldOutLoss: number | null
  readonly stoppedEarly: boolean
}

export interface TrainResult {
  /** `stopped`: cancelled, its checkpoint is on disk. */
  readonly status: 'done' | 'stopped'
  readonly step: number
  readonly steps: number
  readonly tokensPerSecond: number
  /** Resident memory of the engine process at its highest. */
  readonly peakMemoryBytes: number
  /** On the training examples, nats a token; null where the run stopped before. */
  readonly lossBefore: number | null
  readonly lossAfter: number | null
  readonly heldOutLossBefore: number | null
  readonly heldOutLossAfter: number | null
  /** After which step of its seed the vectors that are kept were as they are. */
  readonly keptStep: number | null
  /** Of the seeds that have ended. */
  readonly seedResults: readonly SeedResult[]
  readonly notices: readonly Sentence[]
  /** Over all pairs, at the end; null without any. */
  readonly preference: PreferenceMeasure | null
  readonly trainableParameters: number
  /** The finished adapter file; null while stopped. */
  readonly adapterPath: string | null
  readonly adapterBytes: number
}

export interface EvaluateResult {
  /** Over all scored tokens, nats a token. */
  readonly meanLoss: number
  readonly tokens: number
  readonly perplexity: number
}

/** A token of a rendered example and whether the loss counts it. */
export interface MaskedToken {
  readonly text: string
  readonly scored: boolean
}

export interface TokenCount {
  readonly tokens: number
  /** How many of them the loss counts. */
  readonly learned: number
  /** Why the model's chat template can't write this conversation; null if it can. */
  readonly failure: string | null
}

/** How far two models' answers to fixed prompts are apart, over all their tokens. */
export interface Parity {
  readonly prompts: number
  readonly tokens: number
  /** Between two logits. */
  readonly largestDifference: number
  /** Kullback-Leibler divergence of the next token's probabilities, nats. */
  readonly meanDivergence: number
  readonly largestDivergence: number
  /** The share of places where both hold the same token for the likeliest. */
  readonly sameChoices: number
}

export interface ExportInput {
  readonly modelDirectory: string
  readonly adapter: AdapterReference
  readonly format: ExportFormat
  /** As a person calls the adapter. */
  readonly name: string
  /** Where nothing is yet. */
  readonly path: string
}

export interface ExportResult {
  readonly path: string
  readonly sizeBytes: number
  /** Of what was written, read again, against the adapter here. */
  readonly parity: Parity
  /** Of a merged model: how far the model alone is from the adapter, to see what the export's distance means. */
  readonly withoutAdapter: Parity | null
}

/** Whose an adapter file is and what model it is for, as far as it says so. */
export interface AdapterOrigin {
  readonly name: string | null
  /** The `sourceHash` of its base model; null where another program made it. */
  readonly baseModelHash: string | null
  readonly baseModelName: string | null
  readonly baseModelArchitecture: string | null
}

export interface ImportedAdapter {
  readonly rank: number
  readonly targets: readonly LinearKind[]
  readonly projectionKey: number
  readonly parameterCount: number
  readonly sizeBytes: number
}

/** Operation name → its input, its events and its result. */
export interface EngineOperations extends DeviceOperations, BundleOperations, BlendOperations {
  readonly importModel: {
    readonly input: {
      readonly sourcePath: string
      readonly targetDirectory: string
      readonly name: string
      /** Absent or null: weights keep their values. */
      readonly quantize?: Quantizing | null
    }
    readonly event: { readonly doneBytes: number; readonly totalBytes: number }
    readonly result: ModelSummary
  }
  readonly chat: {
    readonly input: ChatInput
    readonly event: ChatEvent
    readonly result: ChatResult
  }
  readonly train: {
    readonly input: TrainInput
    readonly event: TrainEvent
    readonly result: TrainResult
  }
  readonly estimate: {
    readonly input: EstimateInput
    /** Of the work, 0 to 1. */
    readonly event: { readonly share: number }
    readonly result: EstimateResult
  }
  readonly evaluate: {
    readonly input: {
      readonly modelDirectory: string
      readonly examples: readonly TrainingExample[]
      readonly adapter: AdapterReference | null
    }
    readonly event: { readonly doneTokens: number; readonly totalTokens: number }
    readonly result: EvaluateResult
  }
  readonly maskExamples: {
    readonly input: { readonly modelDirectory: string; readonly examples: readonly TrainingExample[] }
    readonly event: never
    readonly result: {
      readonly examples: readonly { readonly id: string; readonly tokens: readonly MaskedToken[] }[]
    }
  }
  /** How long each example is, in the order given, and how many of its tokens the loss counts. */
  readonly countTokens: {
    readonly input: { readonly modelDirectory: string; readonly examples: readonly TrainingExample[] }
    readonly event: never
    readonly result: { readonly counts: readonly TokenCount[] }
  }
  /** Writes an adapter for other programs, and checks what was written. */
  readonly exportAdapter: {
    readonly input: ExportInput
    readonly event: { readonly phase: 'write' | 'check'; readonly share: number }
    readonly result: ExportResult
  }
  /** What a file or folder says of the adapter in it. */
  readonly inspectAdapter: {
    readonly input: { readonly path: string }
    readonly event: never
    readonly result: AdapterOrigin
  }
  /** Reads an adapter of any format on a model and writes it as an adapter file to `targetPath`. */
  readonly importAdapter: {
    readonly input: {
      readonly path: string
      readonly modelDirectory: string
      readonly targetPath: string
    }
    readonly event: never
    readonly result: ImportedAdapter
  }
  /** Frees a model's sessions and cache, before its folder is removed. */
  readonly releaseModel: {
    readonly input: { readonly modelDirectory: string }
    readonly event: never
    readonly result: null
  }
}

export type OperationName = keyof EngineOperations
export type OperationInput<K extends OperationName> = EngineOperations[K]['input']
export type OperationEvent<K extends OperationName> = EngineOperations[K]['event']
export type OperationResult<K extends OperationName> = EngineOperations[K]['result']

/** The engine as the app sees it, whatever process it lives in. */
export interface Engine {
  /** Yields the operation's events and returns its result; aborting the signal asks the engine to stop early. */
  run<K extends OperationName>(
    operation: K,
    input: OperationInput<K>,
    signal?: AbortSignal,
  ): AsyncGenerator<OperationEvent<K>, OperationResult<K>>
  /** Ends the engine process. */
  close(): Promise<void>
}
