/** Which column of a table is what of an example. */
import type { ColumnMapping } from '../../contract/entities.ts'

const empty: ColumnMapping = {
  instruction: null,
  output: null,
  input: null,
  system: null,
  rejected: null,
  tags: null,
  messages: null,
}

/** What columns are called in the wild, the proper name first. */
const names: { readonly [K in keyof ColumnMapping]: readonly string[] } = {
  instruction: ['instruction', 'question', 'prompt', 'user', 'query', 'q'],
  output: ['output', 'answer', 'response', 'completion', 'assistant', 'reply', 'chosen', 'a'],
  input: ['input', 'context'],
  system: ['system', 'system prompt', 'system_prompt'],
  rejected: ['rejected'],
  tags: ['tags', 'tag', 'category'],
  messages: ['messages'],
}

/** The columns with their proper names; only these are read without a person's word. */
export function mappingByName(columns: readonly string[]): ColumnMapping {
  return choose(columns, 1)
}

/** The columns that look like it, to be suggested. */
export function suggestMapping(columns: readonly string[]): ColumnMapping {
  return choose(columns, Infinity)
}

export function isUsable(mapping: ColumnMapping): boolean {
  return (mapping.instruction !== null && mapping.output !== null) || mapping.messages !== null
}

function choose(columns: readonly string[], mostNames: number): ColumnMapping {
  const chosen = { ...empty }
  for (const field of Object.keys(names) as (keyof ColumnMapping)[]) {
    const index = names[field]
      .slice(0, mostNames)
      .map((name) => columns.findIndex((column) => column.toLowerCase() === name))
      .find((found) => found !== -1)
    chosen[field] = index ?? null
  }
  return chosen
}
