import { expect, test } from 'vitest'
import { typeset } from './formulas.ts'

test('each formula is set as it stands, in a line or on a line of its own', () => {
  const { inline, display } = typeset(['If $ x $ then\n\n$$\n\\frac{a}{b}\n$$\n', 'and $y$.'])
  expect(Object.keys(inline)).toEqual(['x', 'y'])
  expect(Object.keys(display)).toEqual(['\\frac{a}{b}'])
  expect(inline.x).toContain('<math')
  expect(display['\\frac{a}{b}']).toContain('katex-display')
})

test('what cannot be set is left to the page, and costs no other', () => {
  expect(Object.keys(typeset(['$\\frac{a$ and $z$']).inline)).toEqual(['z'])
})
