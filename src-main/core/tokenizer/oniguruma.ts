/** Regular expressions of tokenizer files, which are Oniguruma's, as JavaScript's in Unicode mode. */
import { sentence } from '../../contract/sentence.ts'
import { unsupportedTokenizer } from './failures.ts'

/** White space as Unicode defines it: JavaScript's `\s` has U+FEFF on top and lacks U+0085. */
export const whiteSpace = String.raw`\p{White_Space}`

/**
 * For what tokenizers use: white space as Unicode defines it, no needless escapes (an error in Unicode mode), and
 * `(?i:...)` around plain letters spelled out. Fails with `tokenizer-unsupported` for what is no pattern then.
 */
export function toJavaScript(pattern: string): string {
  const translated = pattern
    .replace(/\(\?i:([^()[\]\\]*)\)/g, (_, letters: string) => {
      const spelled = letters.replace(
        /[a-z]/gi,
        (letter) => `[${letter.toLowerCase()}${letter.toUpperCase()}]`,
      )
      return `(?:${spelled})`
    })
    .replace(/\\(.)/gs, (escape, character: string) => {
      if (character === 's') return whiteSpace
      if (character === 'S') return String.raw`\P{White_Space}`
      return /[A-Za-z0-9^$\\.*+?()[\]{}|/-]/.test(character) ? escape : character
    })
  try {
    new RegExp(translated, 'u')
  } catch (cause) {
    throw unsupportedTokenizer(sentence`the pattern ${pattern}`, cause)
  }
  return translated
}

/** `toJavaScript` taken back: Oniguruma's `\s` is what Unicode calls white space. */
export function fromJavaScript(pattern: string): string {
  return pattern
    .replaceAll(whiteSpace, String.raw`\s`)
    .replaceAll(String.raw`\P{White_Space}`, String.raw`\S`)
}
