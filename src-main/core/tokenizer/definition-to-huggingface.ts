/** A tokenizer as Hugging Face's tokenizer.json and tokenizer_config.json: the reading of them taken back. */
import { sentence } from '../../contract/sentence.ts'
import { spaceMark } from './character-tokens.ts'
import type { TokenizerDefinition } from './definition.ts'
import { notPortableTokenizer } from './failures.ts'
import { addsBos } from './gguf-names.ts'
import type { Json } from './json-parts.ts'
import { mergesOfScores } from './merges-of-scores.ts'
import type { NormalizationStep } from './normalization.ts'
import { fromJavaScript } from './oniguruma.ts'
import type { PreTokenizerStep, SplitBehavior } from './pieces.ts'

/** @throws Failure `tokenizer-not-portable` for a step that tokenizer.json has no place for */
export function tokenizerToHuggingFace(definition: TokenizerDefinition): Json {
  const { tokens, characters, bosId } = definition
  const normalizers = [definition.normalization ?? []].flat().map(normalizerOf)
  const steps = definition.preTokenizer.map(preTokenizerOf)
  const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: false }
  const bos = bosId !== null && addsBos(definition) ? tokens[bosId] : undefined
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: addedTokens(definition),
    normalizer: normalizers.length === 0 ? null : { type: 'Sequence', normalizers },
    pre_tokenizer:
      characters === undefined
        ? { type: 'Sequence', pretokenizers: [...steps, byteLevel] }
        : steps.length === 0
          ? null
          : { type: 'Sequence', pretokenizers: steps },
    post_processor: bos === undefined || bosId === null ? null : beginningWith(bos, bosId),
    decoder:
      characters === undefined
        ? { ...byteLevel, use_regex: true }
        : { type: 'Sequence', decoders: characterDecoders(characters.dropsFirstSpace) },
    model: definition.scores?.use === 'unigram' ? unigramOf(definition) : bytePairsOf(definition),
  }
}

export function tokenizerConfigToHuggingFace(
  { tokens, bosId, eosIds }: TokenizerDefinition,
  chatTemplate: string | null,
  contextLength: number,
): Json {
  const [eosId] = eosIds
  return {
    tokenizer_class: 'PreTrainedTokenizerFast',
    bos_token: bosId === null ? null : tokens[bosId],
    eos_token: eosId === undefined ? null : tokens[eosId],
    clean_up_tokenization_spaces: false,
    model_max_length: contextLength,
    ...(chatTemplate !== null && { chat_template: chatTemplate }),
  }
}

function addedTokens({ tokens, controlIds, userDefinedIds, matching }: TokenizerDefinition): readonly Json[] {
  const added = [
    ...controlIds.map((id) => ({ id, special: true })),
    ...userDefinedIds.map((id) => ({ id, special: false })),
  ]
  return added
    .toSorted((a, b) => a.id - b.id)
    .map(({ id, special }) => ({
      id,
      content: tokens[id],
      single_word: matching?.[id]?.singleWord === true,
      lstrip: matching?.[id]?.stripLeft === true,
      rstrip: matching?.[id]?.stripRight === true,
      normalized: matching?.[id]?.normalized === true,
      special,
    }))
}

function bytePairsOf({ tokens, merges, scores, characters, ignoreMerges }: TokenizerDefinition): Json {
  const unknown = characters?.unknownId ?? null
  const pairs =
    scores === undefined ? merges.map((merge) => merge.split(' ')) : mergesOfScores(tokens, scores.values)
  return {
    type: 'BPE',
    dropout: null,
    unk_token: unknown === null ? null : tokens[unknown],
    continuing_subword_prefix: null,
    end_of_word_suffix: null,
    fuse_unk: characters?.fuseUnknown ?? false,
    byte_fallback: (characters?.byteIds ?? null) !== null,
    ignore_merges: ignoreMerges,
    // A file's unused places have no text of their own.
    vocab: Object.fromEntries(
      [...tokens.entries()].filter(([, token]) => token !== '').map(([id, token]) => [token, id]),
    ),
    merges: pairs,
  }
}

function unigramOf({ tokens, scores, characters }: TokenizerDefinition): Json {
  return {
    type: 'Unigram',
    unk_id: characters?.unknownId ?? null,
    vocab: tokens.map((token, id) => [token, scores?.values[id] ?? 0]),
    byte_fallback: (characters?.byteIds ?? null) !== null,
  }
}

function normalizerOf(step: NormalizationStep): Json {
  switch (step) {
    case 'NFC':
    case 'NFD':
    case 'NFKC':
    case 'NFKD':
      return { type: step }
    case 'lowercase':
      return { type: 'Lowercase' }
    case 'strip-accents':
      return { type: 'StripAccents' }
  }
  if ('replace' in step)
    return { type: 'Replace', pattern: { Regex: fromJavaScript(step.replace) }, content: step.by }
  if ('prepend' in step && step.to === 'each') return { type: 'Prepend', prepend: step.prepend }
  throw notPortableTokenizer(sentence`the way it normalizes text`)
}

const behaviors: Readonly<Record<SplitBehavior, string>> = {
  isolated: 'Isolated',
  removed: 'Removed',
  'merged-with-previous': 'MergedWithPrevious',
  'merged-with-next': 'MergedWithNext',
  contiguous: 'Contiguous',
}

function preTokenizerOf(step: PreTokenizerStep): Json {
  if (typeof step === 'string') return preTokenizerOf({ split: step, behavior: 'isolated', invert: false })
  if ('split' in step) {
    const pattern = { Regex: fromJavaScript(step.split) }
    return { type: 'Split', pattern, behavior: behaviors[step.behavior], invert: step.invert }
  }
  const { metaspace, prepend, cut } = step
  const scheme = prepend === 'each' ? 'always' : prepend
  return { type: 'Metaspace', replacement: metaspace, prepend_scheme: scheme, split: cut }
}

function characterDecoders(dropsFirstSpace: boolean): readonly Json[] {
  return [
    { type: 'Replace', pattern: { String: spaceMark }, content: ' ' },
    { type: 'ByteFallback' },
    { type: 'Fuse' },
    ...(dropsFirstSpace ? [{ type: 'Strip', content: ' ', start: 1, stop: 0 }] : []),
  ]
}

function beginningWith(token: string, id: number): Json {
  const text = (name: string) => ({ Sequence: { id: name, type_id: 0 } })
  const first = { SpecialToken: { id: token, type_id: 0 } }
  return {
    type: 'TemplateProcessing',
    single: [first, text('A')],
    pair: [first, text('A'), first, text('B')],
    special_tokens: { [token]: { id: token, ids: [id], tokens: [token] } },
  }
}
