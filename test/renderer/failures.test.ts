/** Every failure that can cross the contract has its sentence in every language of the screens. */
import { globSync, readFileSync } from 'node:fs'
import ts from 'typescript'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Failure, fromFailureMessage, toFailureMessage } from '../../src-main/contract/failure.ts'
import { inEnglish, sentence } from '../../src-main/contract/sentence.ts'
import { failures } from '../../src-main/texts/failures.ts'
import { failureText, sentenceText } from '../../src-renderer/texts/failure-text.ts'
import { showLanguage } from '../../src-renderer/texts/language.ts'

/** What no screen shows: the command line and the API speak English; a graph that makes no sense is a bug. */
const elsewhere =
  /^src-main\/(hosts\/(cli|api|browser)\/|hosts\/(launch|screens-build)\.ts|core\/graph\/|contract\/failure\.ts)/

interface Found {
  readonly patterns: Set<string>
  /** Sentences that only the program knows. */
  readonly untold: string[]
}

function findPatterns(file: string, { patterns, untold }: Found): void {
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true)
  const place = (node: ts.Node): string =>
    `${file}:${source.getLineAndCharacterOfPosition(node.getStart()).line + 1}`

  /** The text of a failure: a literal, one tagged (which is found by itself), or one that was made so elsewhere. */
  function text(node: ts.Expression): void {
    if (ts.isStringLiteralLike(node)) patterns.add(node.text)
    else if (ts.isConditionalExpression(node)) [node.whenTrue, node.whenFalse].forEach(text)
    else if (ts.isTemplateExpression(node) || ts.isBinaryExpression(node)) untold.push(place(node))
  }

  function visit(node: ts.Node): void {
    if (ts.isTaggedTemplateExpression(node) && node.tag.getText() === 'sentence') {
      const { template } = node
      patterns.add(
        ts.isNoSubstitutionTemplateLiteral(template)
          ? template.text
          : template.templateSpans.reduce(
              (before, span, index) => `${before}{${index + 1}}${span.literal.text}`,
              template.head.text,
            ),
      )
    }
    if (ts.isNewExpression(node) && node.expression.getText() === 'Failure') {
      const [, given] = node.arguments ?? []
      if (given !== undefined) text(given)
    }
    // What an import tells of a line: code, line, text.
    if (ts.isCallExpression(node) && node.expression.getText() === 'issue') {
      const [, , given] = node.arguments
      if (given !== undefined) text(given)
    }
    ts.forEachChild(node, visit)
  }
  visit(source)
}

const found: Found = { patterns: new Set(), untold: [] }
for (const file of globSync('src-main/**/*.ts').sort()) if (!elsewhere.test(file)) findPatterns(file, found)

test('the sentences that are thrown are found', () => {
  expect(found.patterns.size).toBeGreaterThan(250)
  expect(found.patterns).toContain('The model has no tensor {1}.')
})

test('a failure that a screen may show is a sentence with gaps, not a text that is put together', () => {
  expect(found.untold).toEqual([])
})

const languages = Object.entries(failures).filter(([language]) => language !== 'en')

test.each(languages)('%s says every one, and none that is no longer thrown', (_, known) => {
  expect([...found.patterns].filter((pattern) => known[pattern] === undefined)).toEqual([])
  expect(Object.keys(known).filter((pattern) => !found.patterns.has(pattern))).toEqual([])
})

test.each(languages)('%s fills the gaps of the English sentence', (_, known) => {
  const gaps = (text: string): string => [...new Set(text.match(/\{\d+\}/g))].sort().join()
  const other = Object.entries(known).filter(([pattern, text]) => gaps(text) !== gaps(pattern))
  expect(other).toEqual([])
})

beforeEach(() => {
  const kept = new Map<string, string>()
  vi.stubGlobal('localStorage', {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
  })
  vi.stubGlobal('document', { documentElement: { lang: '' } })
  showLanguage('de')
})
afterEach(() => {
  showLanguage('en')
  vi.unstubAllGlobals()
})

test('a failure is said in the language with its names, numbers, sizes and parts, also after a border', () => {
  const thrown = new Failure(
    'disk-full',
    sentence`The export needs ${{ bytes: 98_362_432 }} of room in ${'/data'}, where ${{ bytes: 1200 }} are free. Free some space or choose another folder.`,
  )
  expect(thrown.message).toBe(
    'The export needs 98.4 MB of room in /data, where 1.2 KB are free. Free some space or choose another folder.',
  )
  const crossed = fromFailureMessage(JSON.parse(JSON.stringify(toFailureMessage(thrown))))
  expect(crossed.message).toBe(thrown.message)
  expect(failureText(toFailureMessage(crossed))).toBe(
    'Der Export braucht 98,4 MB Platz in /data; dort sind 1,2 kB frei. Schaffe Platz, oder wähle einen anderen Ordner.',
  )
  const parts = sentence`it also holds ${sentence`${['a.weight', 'b.weight']} and ${1234.5} more tensors`}`
  expect(failureText(toFailureMessage(new Failure('x', parts)))).toBe(
    'darin ist auch a.weight, b.weight und 1234,5 weitere Tensoren',
  )
  const rounded = sentence`${[sentence`${sentence`${4} bits`} ${84}%`]}, from ${'F16'}: perplexity ${12.5} → ${12.75} on a fixed text`
  expect(inEnglish(rounded)).toBe('4 bits 84%, from F16: perplexity 12.5 → 12.75 on a fixed text')
  expect(sentenceText(rounded)).toBe('4 Bit 84 %, aus F16: Perplexität 12,5 → 12,75 an einem festen Text')
  expect(failureText(toFailureMessage(new Failure('x', 'This run is not there.')))).toBe(
    'Diesen Lauf gibt es nicht.',
  )
  expect(failureText(toFailureMessage(new TypeError('x is no function')))).toBe('x is no function')
})

test('what fills a gap is never taken for a gap', () => {
  const named = new Failure('x', sentence`There is no file or folder ${'{2}'}.`)
  expect(named.message).toBe('There is no file or folder {2}.')
  expect(failureText(toFailureMessage(named))).toBe('Es gibt weder Datei noch Ordner {2}.')
})
