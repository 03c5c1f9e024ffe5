import type { DecodedAdapter } from '../../core/vera/adapter-file.ts'
import type { AdapterOrigin } from '../../core/vera/adapter-origin.ts'
import type { LoadedModel } from '../loaded-model.ts'
import type { EngineResources } from '../resources.ts'

/** What becomes one model: a model and the adapters that its weights take in: none, one, or those of a blend. */
export interface MergeSource {
  readonly model: LoadedModel
  readonly adapters: readonly DecodedAdapter[]
  /** What the result is called. */
  readonly origin: Pick<AdapterOrigin, 'name'>
}

/** What is exported: adapters, at the strength that was asked for, and the model they were trained on. */
export interface ExportSource extends MergeSource {
  /** What the adapter and its model are called. */
  readonly origin: AdapterOrigin
}

/** A model, with or without an adapter, that is asked only for its logits. */
export interface LogitSource {
  /** The logits after every token, `[ids.length, V]`, from an empty context. */
  logits(ids: readonly number[]): Promise<Float32Array>
  close(): Promise<void>
}

/** One format. */
export interface Exporter {
  /**
   * Writes to a path where nothing is yet, and yields the share that is done.
   *
   * @throws Failure where the format has no place for the adapter or the model
   */
  write(
    source: ExportSource,
    path: string,
    resources: EngineResources,
  ): Iterable<number> | AsyncIterable<number>
  /** What was written, read again as an import would read it. */
  open(source: ExportSource, path: string, resources: EngineResources): Promise<LogitSource>
  /**
   * The largest divergence (see `Parity`) that the format's own rounding explains, nats; beyond it the export is
   * a failure.
   */
  readonly maxDivergence: number
}

/** A format of whole models: one without an adapter is as good. */
export interface ModelExporter extends Exporter {
  write(source: MergeSource, path: string, resources: EngineResources): AsyncGenerator<number>
  open(source: MergeSource, path: string, resources: EngineResources): Promise<LogitSource>
}
