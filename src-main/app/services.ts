/**
 * The app's services, as the command line calls them. The screens' handlers stand on the same ones.
 *
 * Everything here throws `Failure` for what a person may meet. Names are matched without regard to case.
 */
import type { Sentence } from '../contract/sentence.ts'
import type {
  Adapter,
  CatalogueEntry,
  ColumnMapping,
  Example,
  ExampleFormat,
  ImportIssue,
  Model,
  Run,
  Sampling,
  TrainingPreset,
  TextEncoding,
  TrainingSettings,
} from '../contract/entities.ts'
import type { Computer, DeviceChoice } from '../contract/devices.ts'
import type { Estimate } from '../contract/estimate.ts'
import type { ProcedureEvent, ProcedureInput, ProcedureResult } from '../contract/procedures.ts'
import type { ExportFormat } from '../contract/export-formats.ts'
import type { ChatEvent } from '../engine/chat-event-contract.ts'
import type {
  ChatMessage,
  ChatResult,
  EvaluateResult,
  ExportResult,
  OperationEvent,
} from '../engine/contract.ts'

/** Some of the values of T, to be put over others; undefined changes nothing. */
export type Changes<T> = { readonly [K in keyof T]?: T[K] | undefined }

export type ModelProgress = ProcedureEvent<'models.pull'>
export type RunEvent = ProcedureEvent<'runs.watch'>

/** A parsed training example and the line of its file it began on, counted from 1. */
export interface ParsedExample {
  readonly messages: readonly ChatMessage[]
  readonly rejected: string | null
  readonly tags: readonly string[]
  readonly line: number
}

/** What a person says of a file that its content can't tell; null is by rule. */
export interface ReadingOptions {
  readonly encoding?: TextEncoding | null
  readonly mapping?: ColumnMapping | null
}

/** What could be read of a file, and what could not. */
export interface ParsedExamples {
  readonly examples: readonly ParsedExample[]
  readonly issues: readonly ImportIssue[]
}

export interface ModelService {
  list(): Model[]
  catalogue(): CatalogueEntry[]
  /** By id or name; null means the default model: the catalogue's first that is installed, else the newest. */
  find(idOrName: string | null): Model
  pull(catalogueId: string, signal?: AbortSignal): AsyncGenerator<ModelProgress, Model>
  import(source: ProcedureInput<'models.import'>, signal?: AbortSignal): AsyncGenerator<ModelProgress, Model>
  remove(idOrName: string): Promise<void>
}

export interface ChatRequest {
  readonly messages: readonly ChatMessage[]
  /** Id or name; null is the default model. */
  readonly model: string | null
  /** `NAME[:STRENGTH]`, by id or name; null is the model alone. */
  readonly adapter: string | null
  /** Over the settings of the app. A seed of null is a new one for each answer. */
  readonly sampling?: Changes<Sampling>
  /** In the fast arithmetic; as the app is set unless given. */
  readonly fast?: boolean | undefined
  /** Says of each token how likely it was; not unless given. */
  readonly topLogprobs?: number | null
}

export interface ChatService {
  /** One answer to the given messages; nothing is stored. */
  answer(request: ChatRequest, signal?: AbortSignal): AsyncGenerator<ChatEvent, ChatResult>
}

export interface ExampleService {
  /**
   * Reads a file of training examples; the format is found by its content. Yields the share that is done. Never
   * throws for what a file holds.
   */
  parse(
    fileName: string,
    bytes: Uint8Array,
    options?: ReadingOptions,
    signal?: AbortSignal,
  ): AsyncGenerator<number, ParsedExamples>
  list(): Example[]
  /** Puts what a machine made of an example into the inbox, to be reviewed; `by` names the maker. */
  suggest(exampleId: string, messages: Example['messages'], by: string): Example
  /** Adds the examples of a file, all or none. */
  openFile(input: ProcedureInput<'examples.openFile'>): string
  importFile(
    input: ProcedureInput<'examples.import'>,
    signal: AbortSignal,
  ): AsyncGenerator<ProcedureEvent<'examples.import'>, ProcedureResult<'examples.import'>>
  /** The text of a file of the examples (all if null), part by part. */
  export(
    ids: readonly string[] | null,
    format: ExampleFormat,
  ): Generator<ProcedureEvent<'examples.export'>, ProcedureResult<'examples.export'>>
}

/** As a person gives it. */
export interface LearnedExample {
  readonly messages: readonly ChatMessage[]
  readonly rejected?: string | null
}

export interface PersonalizeRequest {
  readonly name: string
  readonly model: string | null
  /** Rejected answers count where the settings ask for preferences. */
  readonly examples: readonly LearnedExample[]
  readonly preset?: TrainingPreset | undefined
  /** Over what the preset sets, which is over the model's defaults. */
  readonly settings?: Changes<TrainingSettings>
  /** Share of the examples that is only measured, 0 to 0.5. */
  readonly heldOutRatio?: number
  /** Put before every example that has no system message of its own. */
  readonly systemPrompt?: string | null
  /** Questions that are answered while it learns. */
  readonly probes?: readonly string[] | undefined
  /** The adapter to go on from, by id or name. */
  readonly parent?: string | null | undefined
}

export interface PersonalizeService {
  defaults(model: string | null, preset?: TrainingPreset, parent?: string | null): TrainingSettings
  /** Queues a run over an immutable copy of the examples. */
  start(request: PersonalizeRequest): Run
  /** Queues a run like that of an adapter, over its examples without these. */
  startWithout(runId: string, exampleIds: readonly string[], adapterId: string): Run
  /** What the run would take, by a few of its steps on vectors that are thrown away. */
  estimate(
    request: PersonalizeRequest,
    signal?: AbortSignal,
  ): AsyncGenerator<{ readonly share: number }, Estimate>
  /** The newest run that ended early and asked for just the same: `resume` goes on with it. */
  unfinished(request: PersonalizeRequest): Run | undefined
  /** The run and its losses so far, then every change; returns the run once it has ended. */
  watch(runId: string, signal?: AbortSignal): AsyncGenerator<RunEvent, Run>
  /** Stops it at its next step, or takes it out of the queue; `resume` goes on with it. */
  pause(runId: string): Promise<Run>
  cancel(runId: string): Promise<Run>
  resume(runId: string): Run
  runs(): Run[]
}

export interface EvaluateRequest {
  readonly examples: readonly { readonly messages: readonly ChatMessage[] }[]
  readonly model: string | null
  /** `NAME[:STRENGTH]`. */
  readonly adapter: string | null
  readonly systemPrompt?: string | null
}

export interface AdapterService {
  list(): Adapter[]
  /** By id or name, with the strength that `NAME:STRENGTH` asks for (1 where it asks for none). */
  find(reference: string): { readonly adapter: Adapter; readonly strength: number }
  remove(idOrName: string): void
  /** Writes `NAME[:STRENGTH]` for other programs to a path where nothing is yet, and checks what was written. */
  export(
    reference: string,
    target: { readonly format: ExportFormat; readonly path: string },
    signal?: AbortSignal,
  ): AsyncGenerator<OperationEvent<'exportAdapter'>, ExportResult>
  /** Adds the adapter of a file or folder; without a model, for the one that it says it is for. */
  import(
    input: {
      readonly source: ProcedureInput<'adapters.import'>['source']
      readonly name: string | null
      /** Id or name. */
      readonly model: string | null
    },
    signal?: AbortSignal,
  ): Promise<Adapter>
  /** A new adapter that does what those do together; see `adapters.blend`. */
  blend(input: ProcedureInput<'adapters.blend'>, signal?: AbortSignal): Promise<Adapter>
}

/** What a backup holds, by table. */
export interface BackupFile {
  readonly path: string
  readonly createdAt: number
  readonly rows: Record<string, number>
  readonly sizeBytes: number
}

export interface DataService {
  /** Writes all but the models' files to a new file at the absolute path, and checks it. */
  backUp(path: string): Promise<BackupFile>
  /** Adds what is missing here, or takes its place; a copy of what was here is kept. */
  restore(path: string, mode: 'merge' | 'replace'): ProcedureResult<'data.restore'>
  /** Models, copies and all. */
  deleteEverything(): Promise<void>
}

export interface DeviceService {
  state(): Promise<Computer>
  /** Tests every device and measures it with a model (null is the default one, or none where none is installed). */
  measure(
    modelIdOrName: string | null,
    signal?: AbortSignal,
  ): AsyncGenerator<ProcedureEvent<'devices.measure'>, Computer>
  choose(choice: DeviceChoice): Promise<Computer>
  /** Why the device that was chosen didn't do the work so far; null where it did. */
  fallback(): Sentence | null
}

export interface Services {
  readonly devices: DeviceService
  readonly models: ModelService
  readonly chat: ChatService
  readonly examples: ExampleService
  readonly personalize: PersonalizeService
  readonly adapters: AdapterService
  readonly data: DataService
  /** The path absolute, or a name for the folder for downloads. */
  exportBundle(
    request: ProcedureInput<'bundle.export'>,
    signal?: AbortSignal,
  ): AsyncGenerator<ProcedureEvent<'bundle.export'>, ProcedureResult<'bundle.export'>>
  evaluate(
    request: EvaluateRequest,
    signal?: AbortSignal,
  ): AsyncGenerator<OperationEvent<'evaluate'>, EvaluateResult>
}
