import { expect, test } from 'vitest'
import { fromQuery, linkOf, sameForm, type Setting, toQuery } from './link'
import { readValue } from '../numbers/reading'

const setting: Setting = {
  text: 'q = x + y\nf = q * z',
  inputs: { x: -2, y: [1, 2.5], z: -4 },
  step: 3,
  mistake: 'order',
}

test('a link says the whole setting', () => {
  expect(fromQuery('?' + toQuery(setting))).toEqual(setting)
  expect(toQuery({ text: 'x', inputs: {}, step: null, mistake: null })).toBe('expression=x')
})

test('a long link goes behind the #, where no server has to read it', () => {
  expect(linkOf('expression=x')).toBe('/expression?expression=x')
  const long = toQuery({ ...setting, inputs: { x: Array.from({ length: 4000 }, (_, i) => i) } })
  expect(linkOf(long)).toBe(`/expression#${long}`)
  expect(fromQuery(linkOf(long).slice(2)).inputs?.x).toHaveLength(4000)
})

test('what a link says wrongly is left out', () => {
  expect(fromQuery('?expression=x&inputs=[1&step=-1&mistake=all')).toEqual({ text: 'x' })
  expect(fromQuery('')).toEqual({})
})

test('values are numbers and nested lists', () => {
  expect(readValue(' −2.5 ')).toBe(-2.5)
  expect(readValue('[[1, 2], [3, 4]]')).toEqual([
    [1, 2],
    [3, 4],
  ])
  expect([readValue(''), readValue('x'), readValue('[1, "a"]'), readValue('1e999')]).toEqual(
    Array(4).fill(undefined),
  )
})

test('forms', () => {
  expect(sameForm(1, 2)).toBe(true)
  expect(sameForm([1, 2], [3, 4])).toBe(true)
  expect(sameForm([1, 2], [3])).toBe(false)
  expect(sameForm([1], 1)).toBe(false)
})
