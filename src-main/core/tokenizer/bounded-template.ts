// oxlint-disable-next-line triple-slash-reference -- every project that compiles this file needs it
/// <reference path="./jinja-library.d.ts" />
/**
 * Jinja within bounds: anybody may have made a model's template, and what it does must end. The library knows no
 * bounds, so that a template of one line could fill the memory or never return.
 */
import { Environment, Interpreter, parse, tokenize } from '@huggingface/jinja'

/** A step or so many items or characters of a value are a unit; a thousand long messages take some hundred thousand. */
const maxUnits = 2_000_000
const lengthPerUnit = 64
/** Of a list, and of numbers that `range` makes at once. */
const maxItems = 100_000
/** Far more than any model reads. */
const maxCharacters = 2 ** 24

/** The library's own, but for the clock: the same conversation is the same text on any day. */
const globals = {
  ...{ true: true, false: false, none: null, True: true, False: false, None: null },
  range: boundedRange,
  raise_exception(reason: unknown): never {
    throw new Error(String(reason))
  },
}

class BoundedInterpreter extends Interpreter {
  #units = 0

  override evaluate(part: unknown, scope: unknown): { readonly value: unknown } {
    const result = super.evaluate(part, scope)
    const { value } = result
    const length = typeof value === 'string' || Array.isArray(value) ? value.length : 0
    this.#units += 1 + length / lengthPerUnit
    if (this.#units > maxUnits) throw new Error('it does not come to an end')
    if (length > (Array.isArray(value) ? maxItems : maxCharacters)) throw new Error('it makes too much text')
    return result
  }
}

export class BoundedTemplate {
  readonly #program: ReturnType<typeof parse>

  /** Throws what the library does for a text that is no template. */
  constructor(text: string) {
    this.#program = parse(tokenize(text, { lstrip_blocks: true, trim_blocks: true }))
  }

  /** Throws what the template raises, and where it does not end within bounds. */
  render(variables: Readonly<Record<string, unknown>>): string {
    const environment = new Environment()
    for (const [name, value] of Object.entries({ ...globals, ...variables })) environment.set(name, value)
    return String(new BoundedInterpreter(environment).run(this.#program).value)
  }
}

function boundedRange(from: number, to?: number | null, step?: number | null): number[] {
  const [start, end, by] = typeof to === 'number' ? [from, to, step ?? 1] : [0, from, 1]
  const count = Math.max(0, Math.ceil((end - start) / by))
  if (!(count <= maxItems)) throw new Error('it makes too many numbers')
  return Array.from({ length: count }, (_, index) => start + index * by)
}
