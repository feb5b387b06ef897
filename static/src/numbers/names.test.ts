import { expect, test } from 'vitest'
import cases from '../../../tests/names.json'
import { latexOf, written } from './names'

test.each(cases)('$name', ({ name, base, index, latex }) => {
  expect(written(name)).toEqual({ base, index, upright: base.length > 1 })
  expect(latexOf(name)).toBe(latex)
})
