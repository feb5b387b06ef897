import { expect, test } from 'vitest'
import { insideOf, linkOf, ownOf, queryOf, settingsOf } from './link'
import type { ExperimentRow, Frame } from './types'

const row = {
  name: 'overfitting',
  settings: [
    { name: 'points', default: 20 },
    { name: 'kind', default: 'moons' },
    { name: 'seed', default: 0 },
  ],
} as unknown as ExperimentRow

test('a link carries what differs, in the order of the settings', () => {
  expect(queryOf(row, { seed: 3, points: 50 }, false)).toBe('experiment=overfitting&points=50&seed=3')
  expect(queryOf(row, {}, true)).toBe('experiment=overfitting&projector=1')
})

test('of a question only settings are taken that are not as they come', () => {
  expect(settingsOf(row, { points: 20, kind: 'circles', seed: 0, other: 4 })).toEqual({ kind: 'circles' })
  expect(settingsOf(row, { points: [3] })).toEqual({})
})

test('the network that was brought along stays in the link', async () => {
  const source = 'nn.Linear(196, 10)'
  const own = ownOf({ source, input: [196], network: null, seed: 3 })
  expect(own).toEqual({ source, input: [196] })
  const query = new URLSearchParams(await linkOf(row, { seed: 3 }, own, false))
  expect(Object.fromEntries(query)).toEqual({ experiment: 'overfitting', seed: '3', source, input: '196' })
})

test('a step is looked into where one looks, and at the end of a run its last one', () => {
  const at = (at: number, steps = 60) =>
    insideOf('/step', 'experiment=a&units=3', { at, end: 60 } as Frame, steps)
  const links = (...steps: number[]) => steps.map((step) => `/step?experiment=a&units=3&step=${step}`)
  expect([at(0), at(12), at(60)]).toEqual(links(0, 12, 59))
  // Of epochs with 31 steps each.
  expect([at(0, 60 * 31), at(2, 60 * 31), at(60, 60 * 31)]).toEqual(links(0, 62, 1859))
})

test('points that were added stay in the link', async () => {
  const own = ownOf({ added: [[0.5, -3]], loss: 'huber' })
  expect(own).toEqual({ added: [[0.5, -3]] })
  const query = new URLSearchParams(await linkOf(row, {}, own, false))
  expect(query.get('added')).toBe('[[0.5,-3]]')
})
