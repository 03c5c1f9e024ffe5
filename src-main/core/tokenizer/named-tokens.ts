/** The begin and end tokens that a tokenizer_config.json names. */
import { isString, type Json } from './json-parts.ts'

export function namedTokens(
  config: Json,
  idOf: (content: string) => number | undefined,
): { readonly bosId: number | null; readonly declared: readonly number[] } {
  const named = (name: string): number | null => {
    const token = config[name]
    const content = typeof token === 'object' && token !== null && 'content' in token ? token.content : token
    return isString(content) ? (idOf(content) ?? null) : null
  }
  const eosId = named('eos_token')
  return { bosId: named('bos_token'), declared: eosId === null ? [] : [eosId] }
}
