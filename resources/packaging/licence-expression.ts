/** SPDX licence expressions, as far as packages use them: identifiers, AND, OR, WITH, parentheses; `/` is an old OR. */

/** Licences that ask for no more than to be named, or (MPL-2.0) for the sources of what was changed of theirs. */
const permitted: ReadonlySet<string> = new Set([
  '0BSD',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'BlueOak-1.0.0',
  'CC0-1.0',
  'ISC',
  'MIT',
  'MPL-2.0',
  'Python-2.0',
  'Unicode-3.0',
  'Unlicense',
  'Zlib',
])

/** Whether the expression lets us choose permitted licences only. What can't be read is not permitted. */
export function isPermitted(expression: string): boolean {
  const tokens = expression.match(/[()]|\/|[^\s()/]+/g) ?? []
  let next = 0

  function either(): boolean {
    let permits = both()
    while (tokens[next] === 'OR' || tokens[next] === '/') {
      next += 1
      // Both sides are read, whatever the first one came to.
      const other = both()
      permits ||= other
    }
    return permits
  }
  function both(): boolean {
    let permits = one()
    while (tokens[next] === 'AND') {
      next += 1
      const other = one()
      permits &&= other
    }
    return permits
  }
  function one(): boolean {
    const token = tokens[next++] ?? ''
    if (token === '(') {
      const permits = either()
      return tokens[next++] === ')' && permits
    }
    // An exception only ever allows more.
    if (tokens[next] === 'WITH') next += 2
    return permitted.has(token)
  }

  const permits = either()
  return permits && next === tokens.length
}
