/** The things a screen shows, as validated data. Times are milliseconds since 1970, sizes bytes, losses nats a token. */
import { z } from 'zod'
import { memoryNeeded } from './memory-needed.ts'
import { failureMessage, told } from './told.ts'

const role = z.enum(['system', 'user', 'assistant'])
export const chatMessage = z.object({ role, content: z.string().max(1_000_000) })

export const catalogueEntry = z.object({
  id: z.string(),
  name: z.string(),
  description: z.string(),
  licence: z.string(),
  sizeBytes: z.number(),
  parameterCount: z.number(),
  installed: z.boolean(),
  /** Whether a file of its name lies with the program: then nothing is downloaded. */
  isBeside: z.boolean(),
  memory: memoryNeeded,
})
export type CatalogueEntry = z.infer<typeof catalogueEntry>

export const model = z.object({
  id: z.string(),
  name: z.string(),
  architecture: z.string(),
  parameterCount: z.number(),
  /** How many bits its weights have, from what they were rounded, and what that cost. */
  quantization: told,
  contextLength: z.number(),
  sizeBytes: z.number(),
  sourceHash: z.string(),
  createdAt: z.number(),
})
export type Model = z.infer<typeof model>

/** What one answer was sampled with; see the engine's `SamplingSettings` for the values that turn a rule off. */
export const sampling = z.object({
  temperature: z.number().min(0).max(5),
  topK: z.number().int().min(0).max(1000),
  topP: z.number().min(0).max(1),
  minP: z.number().min(0).max(1),
  repeatPenalty: z.number().min(0.5).max(2),
  /** null: a new seed for every answer. */
  seed: z.number().int().nullable(),
  maxTokens: z.number().int().min(1).max(100_000),
})
export type Sampling = z.infer<typeof sampling>

export const conversation = z.object({
  id: z.string(),
  title: z.string(),
  modelId: z.string().nullable(),
  /** Also of a model that was removed: then there is a name and no id. */
  modelName: z.string().nullable(),
  adapterId: z.string().nullable(),
  /** 0 to 1.5; 1 is the adapter as trained. */
  strength: z.number().min(0).max(1.5),
  systemPrompt: z.string().max(100_000),
  pinned: z.boolean(),
  /** The last message of the branch that is shown; null before the first. */
  leafId: z.string().nullable(),
  /** What is written but not sent. */
  draft: z.string().max(1_000_000),
  createdAt: z.number(),
  updatedAt: z.number(),
})
export type Conversation = z.infer<typeof conversation>

/** Instructions under a name, to be used in more than one conversation. */
export const persona = z.object({
  id: z.string().min(1).max(100),
  name: z.string().trim().min(1).max(200),
  systemPrompt: z.string().max(100_000),
})
export type Persona = z.infer<typeof persona>

export const message = z.object({
  id: z.string(),
  conversationId: z.string(),
  /** The message before it; messages with the same one are branches. null: a first message. */
  parentId: z.string().nullable(),
  role,
  content: z.string(),
  /** `stopped`: the person stopped it; `failed`: the engine did; both keep the text so far. */
  status: z.enum(['complete', 'stopped', 'failed']),
  rating: z.enum(['none', 'up', 'down']),
  /** The example that was made of this answer, if any. */
  exampleId: z.string().nullable(),
  adapterId: z.string().nullable(),
  /** Of the adapter; null where none answered. */
  strength: z.number().nullable(),
  tokensPerSecond: z.number().nullable(),
  /** How much of the model's context an answer and what it was given filled; null where it isn't known. */
  contextTokens: z.number().nullable(),
  /** The first message an answer was given, where older ones no longer fitted; else null. */
  contextFrom: z.string().nullable(),
  createdAt: z.number(),
})
export type Message = z.infer<typeof message>

export const foundMessage = z.object({
  id: z.string(),
  conversationId: z.string(),
  title: z.string(),
  role,
  createdAt: z.number(),
  /** A piece of the message around the words; the words are marked. */
  snippet: z.array(z.object({ text: z.string(), marked: z.boolean() })),
})
export type FoundMessage = z.infer<typeof foundMessage>

const provenance = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('hand') }),
  z.object({ kind: z.literal('rated'), messageId: z.string() }),
  z.object({ kind: z.literal('taught'), messageId: z.string() }),
  z.object({ kind: z.literal('imported'), file: z.string(), line: z.number() }),
  /** Made by a machine from another example; `by` names what made it. */
  z.object({ kind: z.literal('suggested'), exampleId: z.string(), by: z.string() }),
])

export const tag = z.string().trim().min(1).max(100)

/** `new` waits for review; only `approved` ones are learned unless a person chooses others. */
export const exampleStatus = z.enum(['new', 'approved', 'skipped'])
export type ExampleStatus = z.infer<typeof exampleStatus>

export const example = z.object({
  id: z.string(),
  /** The conversation; every assistant turn is learned, the last turn is one. */
  messages: z.array(chatMessage).min(1),
  /** The answer that the last turn replaces, where the person corrected one. */
  rejected: z.string().nullable(),
  status: exampleStatus,
  tags: z.array(tag).max(50),
  provenance,
  createdAt: z.number(),
  updatedAt: z.number(),
})
export type Example = z.infer<typeof example>

/** Something private in an example: where it stands, in UTF-16 units of the text. */
export const finding = z.object({
  kind: z.enum(['email', 'phone', 'card']),
  /** The index of the turn; null is the rejected answer. */
  turn: z.number().nullable(),
  start: z.number(),
  end: z.number(),
  text: z.string(),
})
export type Finding = z.infer<typeof finding>

export const exampleFormat = z.enum(['openai', 'alpaca', 'csv'])
export type ExampleFormat = z.infer<typeof exampleFormat>

export const importIssue = failureMessage.extend({
  /** Counted from 1; null where the whole file is meant. */
  line: z.number().nullable(),
  field: z.string().nullable(),
})
export type ImportIssue = z.infer<typeof importIssue>

export const textEncoding = z.enum(['utf-8', 'utf-16le', 'utf-16be', 'windows-1252'])
export type TextEncoding = z.infer<typeof textEncoding>

/** Which column of a table, counted from 0, is what of an example; null is none. */
const column = z.number().int().min(0).nullable()
export const columnMapping = z.object({
  instruction: column,
  output: column,
  input: column,
  system: column,
  rejected: column,
  tags: column,
  /** The whole conversation as JSON, where it doesn't fit into the others. */
  messages: column,
})
export type ColumnMapping = z.infer<typeof columnMapping>

export const linearKind = z.enum([
  'q_proj',
  'k_proj',
  'v_proj',
  'o_proj',
  'gate_proj',
  'up_proj',
  'down_proj',
])

export const trainingSettings = z.object({
  rank: z.number().int().min(1).max(4096),
  targets: z.array(linearKind).min(1),
  method: z.enum(['vera', 'lora']),
  /** The layers that are adapted, counted from 0; null: what `layerShare` says. */
  layers: z.array(z.number().int().min(0)).min(1).nullable(),
  /** Other ranks of some layers or kinds, by `3.q_proj`, `3` or `q_proj`; 0 leaves the linear layer as it is. */
  ranks: z.record(z.string(), z.number().int().min(0).max(4096)),
  /** The model's biases that are trained too, where it has any. */
  bias: z.enum(['none', 'all', 'adapted']),
  /** Share of the adapter's inputs that each step drops; 0 is off. */
  dropout: z.number().min(0).max(0.99),
  /** LoRA's scale is alpha / rank, with `rsLora` alpha / √rank; null: alpha is the rank. */
  alpha: z.number().positive().max(1e6).nullable(),
  rsLora: z.boolean(),
  /** The upper share of the layers that is adapted; 1 is all. */
  layerShare: z.number().gt(0).max(1),
  projectionKey: z.number().int(),
  dInitial: z.number(),
  learningRate: z.number().positive().max(10),
  weightDecay: z.number().min(0).max(1),
  clipNorm: z.number().min(0),
  epochs: z.number().int().min(1).max(1000),
  /** General questions that are learned along with the model's own answers, against forgetting; 0 is none. */
  replay: z.number().int().min(0).max(1000),
  batchTokens: z.number().int().min(16).max(1_000_000),
  warmupRatio: z.number().min(0).max(1),
  schedule: z.enum(['cosine', 'linear', 'constant']),
  optimizer: z.enum(['adamw', 'sgd']),
  /** Of sgd. */
  momentum: z.number().min(0).max(0.9999),
  /** What the learning rate is multiplied by for λ_d and for λ_b. */
  lambdaDRate: z.number().min(0).max(1000),
  lambdaBRate: z.number().min(0).max(1000),
  /** Decay of the moving average of the vectors, which then is what is measured and kept; 0 is off. */
  averageDecay: z.number().min(0).max(0.99999),
  seed: z.number().int(),
  /** So many seeds from `seed` on are trained; the one with the best held-out loss is kept. */
  seeds: z.number().int().min(1).max(100),
  /** Measurements of the held-out examples during a seed's steps. */
  evaluations: z.number().int().min(1).max(1000),
  /** Measurements in a row no better than the best after which a seed stops early; 0 is off. */
  patience: z.number().int().min(0).max(1000),
  /** A seed's last vectors, or those with the best held-out loss. */
  keep: z.enum(['last', 'best']),
  /** Whether rejected answers count: not, together with the learning of answers, or alone (DPO). */
  preferences: z.enum(['off', 'together', 'only']),
  preferenceBeta: z.number().min(0.001).max(10),
})
export type TrainingSettings = z.infer<typeof trainingSettings>

/** By what it costs: quick takes the least time. */
export const trainingPreset = z.enum(['quick', 'balanced', 'thorough'])
export type TrainingPreset = z.infer<typeof trainingPreset>

export const lossPoint = z.object({
  step: z.number(),
  loss: z.number(),
  set: z.enum(['step', 'training', 'heldOut']),
})
export type LossPoint = z.infer<typeof lossPoint>

/** The answer to one of a run's probes, as it was after a step. */
export const runSample = z.object({ step: z.number(), probe: z.number(), answer: z.string() })
export type RunSample = z.infer<typeof runSample>

export const runStatus = z.enum(['queued', 'running', 'interrupted', 'done', 'failed', 'cancelled'])
export type RunStatus = z.infer<typeof runStatus>

/** What a run did beside learning: told when it has ended. */
export const runReport = z.object({
  /** What the person should know, such as smaller passes because memory ran out. */
  notices: z.array(told),
  /** After which step of its seed the vectors that are kept were as they are. */
  keptStep: z.number().nullable(),
  seedResults: z.array(
    z.object({
      seed: z.number(),
      step: z.number(),
      heldOutLoss: z.number().nullable(),
      stoppedEarly: z.boolean(),
    }),
  ),
  /** Over the pairs of a chosen and a rejected answer, at the end: the engine's `PreferenceMeasure`. */
  preference: z.object({ loss: z.number(), margin: z.number(), accuracy: z.number() }).nullable(),
})
export type RunReport = z.infer<typeof runReport>

export const run = z.object({
  id: z.string(),
  name: z.string(),
  modelId: z.string(),
  /** `interrupted`: it was paused, or the app or the engine ended; it can be continued from its checkpoint. */
  status: runStatus,
  settings: trainingSettings,
  /** The adapter it went on from; null where it began anew. */
  parentId: z.string().nullable(),
  /** The adapter that it makes anew without some of its examples; null where it does no such thing. */
  forgetsId: z.string().nullable(),
  /** The person's own questions that are answered while it learns. */
  probes: z.array(z.string()),
  exampleCount: z.number(),
  heldOutCount: z.number(),
  step: z.number(),
  /** 0 until the run is prepared. */
  steps: z.number(),
  tokensPerSecond: z.number().nullable(),
  remainingMs: z.number().nullable(),
  peakMemoryBytes: z.number().nullable(),
  lossBefore: z.number().nullable(),
  lossAfter: z.number().nullable(),
  heldOutLossBefore: z.number().nullable(),
  heldOutLossAfter: z.number().nullable(),
  adapterId: z.string().nullable(),
  report: runReport.nullable(),
  failure: failureMessage.nullable(),
  createdAt: z.number(),
  finishedAt: z.number().nullable(),
})
export type Run = z.infer<typeof run>

export const adapterParent = z.object({
  id: z.string(),
  name: z.string(),
  weight: z.number().nullable(),
})

export const adapter = z.object({
  id: z.string(),
  name: z.string(),
  modelId: z.string(),
  /** SHA-256 of the base model's source file. */
  modelHash: z.string(),
  rank: z.number(),
  targets: z.array(linearKind),
  projectionKey: z.number(),
  parameterCount: z.number(),
  sizeBytes: z.number(),
  runId: z.string().nullable(),
  /** `continued`: trained on from its parent; `forgot`: trained anew without some of its parent's examples. */
  origin: z.enum(['trained', 'continued', 'forgot', 'blended', 'imported']),
  /** Those it was made of, as they were called then; they may be gone. The weights are a blend's. */
  parents: z.array(adapterParent),
  notes: z.string().max(10_000),
  lossBefore: z.number().nullable(),
  lossAfter: z.number().nullable(),
  createdAt: z.number(),
})
export type Adapter = z.infer<typeof adapter>

/** How far what was exported is from the assistant here, on fixed prompts: the engine's `Parity`. */
export const parity = z.object({
  prompts: z.number(),
  tokens: z.number(),
  largestDifference: z.number(),
  meanDivergence: z.number(),
  largestDivergence: z.number(),
  sameChoices: z.number(),
})
export type Parity = z.infer<typeof parity>

/** What the app asks the network for; nothing else ever goes there. */
export const networkPurpose = z.enum(['model', 'update'])
export type NetworkPurpose = z.infer<typeof networkPurpose>

export const networkOutcome = z.enum(['running', 'done', 'redirected', 'refused', 'failed'])
export type NetworkOutcome = z.infer<typeof networkOutcome>

/** One request that the app made over the network. */
export const networkRequest = z.object({
  id: z.string(),
  startedAt: z.number(),
  host: z.string(),
  purpose: networkPurpose,
  /** What was fetched, such as a model's name. */
  subject: z.string(),
  receivedBytes: z.number(),
  outcome: networkOutcome,
})
export type NetworkRequest = z.infer<typeof networkRequest>

/** Whether there is another version of Veranda to install. */
export const updateState = z.discriminatedUnion('kind', [
  /** This program can't update itself: no installer installed it, or it was built without a key. */
  z.object({ kind: z.literal('unsupported') }),
  z.object({ kind: z.literal('off') }),
  z.object({ kind: z.literal('current') }),
  z.object({ kind: z.literal('available'), version: z.string() }),
])
export type UpdateState = z.infer<typeof updateState>

/** What the system shows of an app that may be out of sight. */
export const systemNotice = z.object({ title: z.string().min(1).max(300), body: z.string().max(500) })
export type SystemNotice = z.infer<typeof systemNotice>

export const appInfo = z.object({
  version: z.string(),
  dataDirectory: z.string(),
  /** Whether a native file dialog can be opened (`host.pickFile`). */
  canPickFile: z.boolean(),
  engine: z.enum(['ready', 'starting', 'failed']),
})
export type AppInfo = z.infer<typeof appInfo>
