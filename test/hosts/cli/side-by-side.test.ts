import { expect, test } from 'vitest'
import { sideBySide } from '../../../src-main/hosts/cli/side-by-side.ts'

test('two texts stand beside each other, wrapped between words', () => {
  expect(sideBySide('The cat is called Tom.', 'Serif. She is grey.', 23)).toBe(
    ['The cat is │ Serif. She', 'called     │ is grey.', 'Tom.       │'].join('\n'),
  )
})

test('long words are cut, lines and empty texts are kept', () => {
  expect(sideBySide('abcdefgh', 'a\n\nb', 13)).toBe(['abcde │ a', 'fgh   │', '      │ b'].join('\n'))
  expect(sideBySide('', 'x', 13)).toBe('      │ x')
})
