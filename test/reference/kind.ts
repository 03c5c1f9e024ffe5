import type { Outcome } from './check.ts'
import type { RealModel } from './real-model.ts'

export interface Kind {
  readonly name: string
  /** The fixture's place in the reference folder; the kind is skipped where it is missing. */
  readonly path: string
}

/** A kind of fixture that comes with all it needs. */
export interface ReferenceKind extends Kind {
  check(reference: string): Promise<Outcome> | Outcome
}

/** A kind of fixture that was made with the real default model; skipped where that can't be had. */
export interface ModelKind extends Kind {
  check(reference: string, model: RealModel): Promise<Outcome> | Outcome
}
