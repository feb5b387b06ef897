import { expect, test } from 'vitest'
import {
  besideOf,
  changed,
  fromQuestion,
  isOwn,
  linkable,
  modeOf,
  numberTyped,
  stepOf,
  toQuery,
  unseen,
  USUAL,
  withBias,
  withFilter,
  withWeight,
  written,
} from './setting'
import type { Answer } from './types'

const answer = {
  weights: [[[[1, 2]]], [[[3, 4]]]],
  bias: [0, 1],
  filters: [
    { name: 'blur', says: '' },
    { name: 'edges', says: '' },
  ],
} as unknown as Answer

test('a link keeps the row of W that is looked at, or that it is folded away', () => {
  for (const beside of [0, 3, 'folded'] as const)
    expect(besideOf(`?${toQuery(USUAL, null, null, 'both', beside)}`)).toBe(beside)
  expect(toQuery(USUAL, null, null, 'both', 3)).toBe('connected=3')
  for (const strange of ['', '?connected=11', '?connected=-1', '?connected=x'])
    expect(besideOf(strange)).toBe(0)
})

test('a link says what differs from the usual, and no more', () => {
  expect(toQuery(USUAL, null, null, 'both')).toBe('')
  const setting = { ...USUAL, layer: 'MaxPool2d' as const, kernel_size: 3, weights: ['blur', [[[1]]]] }
  const query = new URLSearchParams(toQuery(setting, [0, 1, 2], 7, 'backward'))
  expect(Object.fromEntries(query)).toEqual({
    layer: 'MaxPool2d',
    kernel_size: '3',
    weights: '["blur",[[[1]]]]',
    cell: '0,1,2',
    step: '7',
    mode: 'backward',
  })
  expect(stepOf('?step=7')).toBe(7)
  expect(stepOf('?step=x')).toBeNull()
  expect(modeOf('?mode=backward')).toBe('backward')
  expect(modeOf('?mode=x')).toBe('both')
})

test('a question becomes a setting; what it leaves out is usual', () => {
  expect(fromQuestion({ stride: 2, cells: [] })).toEqual({ ...USUAL, stride: 2 })
})

test('what a link says beside the setting stays, and only that', () => {
  expect(unseen({ layer: 'Conv2d', kernel_size: 3, filters: 6, shape: [3, 9, 9] })).toEqual({
    shape: [3, 9, 9],
  })
})

test('another layer starts from its own usual window, on the same input', () => {
  const setting = { ...USUAL, input: 'chelsea', kernel_size: 7, padding: 3, weights: 'blur' }
  expect(changed(setting, { layer: 'MaxPool2d' })).toEqual({ ...USUAL, layer: 'MaxPool2d', input: 'chelsea' })
})

test('weights by hand go with the kernel they were made for', () => {
  const setting = { ...USUAL, weights: ['blur', [[[1]]]] }
  expect(changed(setting, { kernel_size: 3 }).weights).toEqual(['blur', 'random'])
  expect(changed(setting, { filters: 3 }).weights).toEqual(['blur', [[[1]]], 'random'])
  expect(changed({ ...setting, bias: [1, 2] }, { filters: 3 }).bias).toEqual([1, 2, 0])
})

test('one filter, one weight, one bias at a time', () => {
  expect(withFilter(USUAL, answer, 1, 'sharpen')).toMatchObject({ filters: 2, weights: ['blur', 'sharpen'] })
  expect(withWeight(USUAL, answer, [0, 0, 0, 1], 9).weights).toEqual([[[[1, 9]]], 'edges'])
  expect(answer.weights?.[0]).toEqual([[[1, 2]]])
  expect(withBias(USUAL, answer, 0, 5)).toMatchObject({ filters: 2, bias: [5, 1] })
})

test('a layer is found again as it was left, on the input of now', () => {
  const left = { ...USUAL, kernel_size: 3, stride: 2, padding: 1, weights: ['blur', [[[1]]]], bias: 4 }
  const pooled = changed(left, { layer: 'MaxPool2d' }, { Conv2d: left })
  expect(pooled).toEqual({ ...USUAL, layer: 'MaxPool2d' })
  const before = { Conv2d: left, MaxPool2d: pooled }
  expect(changed(pooled, { layer: 'Conv2d' }, before)).toEqual(left)
  const other = { ...pooled, input: 'chelsea', seed: 2 }
  expect(changed(other, { layer: 'Conv2d' }, before)).toEqual({
    ...left,
    input: 'chelsea',
    seed: 2,
    weights: null,
    bias: 0,
  })
})

test('what is too long for an address is left out of it, and what was made for it', () => {
  const plane = Array.from({ length: 64 }, (_, r) => Array.from({ length: 64 }, (_, c) => r / 7 + c))
  expect(linkable({ ...USUAL, weights: [[[[1]]]] }).left).toEqual([])
  const large = linkable({ ...USUAL, stride: 2, input: [plane], weights: [[[[1]]]] })
  expect(large).toEqual({ setting: { ...USUAL, stride: 2 }, left: ['input'] })
  const heavy = linkable({ ...USUAL, input: [[[1]]], weights: [[plane]] })
  expect(heavy).toEqual({ setting: { ...USUAL, input: [[[1]]] }, left: ['weights'] })
})

test('an own input is read and written, well typed or not', () => {
  expect([[[[1]]], '[[1, 2], [3', 'coffee'].map((input) => isOwn(input as string))).toEqual([
    true,
    true,
    false,
  ])
  const volume = [
    [
      [1, 2],
      [3, -4.5],
    ],
  ]
  expect(written(volume)).toBe('[[[1, 2],\n  [3, -4.5]]]')
  expect(JSON.parse(written(volume))).toEqual(volume)
  expect(written('[[1, 2], [3')).toBe('[[1, 2], [3')
})

test('what is typed is a number, or a sentence says why not', () => {
  expect(numberTyped(' −1.5 ')).toBe(-1.5)
  expect(numberTyped('1e9')).toBe(1e9)
  expect(numberTyped('1e20')).toMatch(/^1e20 is too large/)
  for (const typed of ['abc', '1/0', '1,5', '', '[1]']) expect(numberTyped(typed)).toMatch('is no number')
})
