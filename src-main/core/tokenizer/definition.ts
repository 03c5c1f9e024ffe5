/** What a byte-level BPE tokenizer is, as plain data: kept as tokenizer.json in a model folder. */
export interface TokenizerDefinition {
  /** Token texts by id: ordinary ones in the byte alphabet, control and user-defined ones as they read. */
  readonly tokens: readonly string[]
  /** "left right", the first learned first. */
  readonly merges: readonly string[]
  /** Regular expressions (Unicode mode) that cut text into pieces, one after the other. */
  readonly preTokenizer: readonly string[]
  /** The Unicode form that text is brought into first, so that decoding gives the text in that form; absent: as it is. */
  readonly normalization?: 'NFC'
  /** A piece that is a token as a whole is not built from merges (Llama 3). */
  readonly ignoreMerges: boolean
  /** Tokens that steer the model (`<|im_end|>`); in text that a person typed they are ordinary characters. */
  readonly controlIds: readonly number[]
  /** Tokens that are always one token, wherever their text stands. */
  readonly userDefinedIds: readonly number[]
  readonly bosId: number | null
  /** The tokens that end a turn or a text; the one the model declares comes first. */
  readonly eosIds: readonly number[]
}

/** Control tokens that end a turn in some model family; a file names at most one or two of its own. */
const endOfTurnTokens = new Set([
  '<|im_end|>',
  '<|eot_id|>',
  '<|eom_id|>',
  '<|end_of_text|>',
  '<|endoftext|>',
  '<|end|>',
  '<end_of_turn>',
  '</s>',
])

/** The declared end tokens first, then those control tokens that are known to end a turn, each once. */
export function endOfTurnIds(
  declared: readonly number[],
  controlIds: readonly number[],
  tokens: readonly string[],
): number[] {
  const known = controlIds.filter((id) => endOfTurnTokens.has(tokens[id] ?? ''))
  return [...new Set([...declared.filter((id) => id < tokens.length), ...known])]
}
