/** What is used of the library. Its own declarations refer to files by names that TypeScript doesn't find. */
declare module '@huggingface/jinja' {
  type Program = { readonly type: 'Program' }

  export function tokenize(
    text: string,
    options: { readonly lstrip_blocks: boolean; readonly trim_blocks: boolean },
  ): readonly unknown[]
  export function parse(tokens: readonly unknown[]): Program

  export class Environment {
    set(name: string, value: unknown): unknown
  }

  export class Interpreter {
    constructor(globals: Environment)
    run(program: Program): { readonly value: unknown }
    /** Of any part of a program; it calls itself for the parts of that. */
    evaluate(part: unknown, scope: unknown): { readonly value: unknown }
  }
}
