/** No screen says anything that is not in a catalogue. */
import { globSync, readFileSync } from 'node:fs'
import { parse } from 'svelte/compiler'
import { expect, test } from 'vitest'

/** Words that are the same in every language: names, keys, codes and commands. */
const allowed = new Set([
  'pip install torch transformers peft accelerate',
  'accelerate launch train.py',
  'Veranda',
  'Electron',
  'Mac',
  'Enter',
  'Escape',
  'Esc',
  'Tab',
  'ArrowUp',
  'noopener noreferrer',
  'delete everything',
])
const isKey = /^(Ctrl|Alt|Shift)\+/

/** Attributes, of elements and of components, whose text a person reads or hears. */
const spoken = new Set(
  'aria-label aria-description title placeholder alt label text what hint action retryLabel'.split(' '),
)

interface Node {
  readonly type: string
  readonly [key: string]: unknown
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && typeof Reflect.get(value, 'type') === 'string'
}

/** What a file says by itself. A module of TypeScript is read as the script of a component. */
function literalTexts(path: string): string[] {
  const source = readFileSync(path, 'utf8')
  const ast = parse(path.endsWith('.svelte') ? source : `<script lang="ts">${source}</script>`, {
    modern: true,
  })
  const found: string[] = []
  const visit = (value: unknown, attribute: string | null): void => {
    if (Array.isArray(value)) for (const each of value) visit(each, attribute)
    if (!isNode(value)) return
    switch (value.type) {
      case 'ImportDeclaration':
      case 'TSLiteralType':
        return
      case 'NewExpression':
        // What only a developer ever reads.
        if (isNode(value['callee']) && value['callee']['name'] === 'Error') return
        break
      case 'Text':
        if (attribute === null || spoken.has(attribute)) check(String(value['data']), /\p{L}{2}/u)
        return
      case 'Literal':
        if (typeof value['value'] === 'string') check(value['value'], /\p{L} \p{L}|^\p{Lu}\p{Ll}/u)
        return
      case 'TemplateElement':
        check(
          String(Reflect.get(Object(value['value']), 'cooked')),
          /\p{L}{2} \p{L}|(^| )\p{L}{3,}[ .,:]|[.,:] \p{L}/u,
        )
        return
    }
    const isNamed = value.type === 'Attribute' || value.type === 'StyleDirective'
    const inside = isNamed ? String(value['name']) : attribute
    for (const [key, child] of Object.entries(value)) {
      if (key !== 'metadata' && key !== 'css') visit(child, inside)
    }
  }
  const check = (text: string, says: RegExp): void => {
    const words = text.replaceAll(/<[^<>]*>?/g, '').trim()
    if (says.test(words) && !allowed.has(words) && !isKey.test(words)) found.push(words)
  }
  visit(ast.fragment, null)
  visit(ast.instance?.content, 'script')
  visit(ast.module?.content, 'script')
  return found
}

const files = globSync('src-renderer/**/*.{svelte,ts}').filter(
  (path) => !/src-renderer.texts.(en|de)/.test(path),
)

test('there are components and modules to look at', () => expect(files.length).toBeGreaterThan(100))

test.each(files)('%s says nothing that is not in a catalogue', (path) => {
  expect(literalTexts(path)).toEqual([])
})
