import { expect, test } from 'vitest'
import type { Answer, Op } from '../figure/api'
import { addGate, aimOf, portOf, takeOut } from './building'
import firstAnswer from './fixtures/first.json'

const first = firstAnswer as unknown as Answer
const tanh = { name: 'tanh', arguments: ['x'] } as Op

test('a wire is known by its ends', () => {
  expect(portOf('n1→f→0')).toEqual({ source: 'n1', target: 'f', position: 0 })
})

test('a gate goes where one has pointed, else behind the output', () => {
  const spliced = addGate(first, tanh, { kind: 'wire', key: 'n1→f→0' })
  expect(spliced).toMatchObject({ focus: 'n2', graph: { output: 'f' } })
  expect(addGate(first, tanh, null)).toMatchObject({ graph: { output: 'n2' } })
  expect(aimOf(first, { kind: 'wire', key: 'n1→f→0' })).toContain('from the + gate to f')
})

test('what is selected is taken out', () => {
  const edit = takeOut(first, { kind: 'node', id: 'n1' })
  expect('graph' in edit && edit.graph.nodes.map(({ id }) => id)).toEqual(['x', 'z', 'f'])
})
