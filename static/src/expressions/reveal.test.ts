import { expect, test } from 'vitest'
import type { Answer, Layout } from '../figure/api'
import fanOutAnswer from './fixtures/fan-out.json'
import firstAnswer from './fixtures/first.json'
import { TRAVEL } from '../figure/player'
import { mapOf, pulsesAt } from './drawing/pulses'
import { revealOf } from './reveal'

const first = firstAnswer as unknown as Answer
const fanOut = fanOutAnswer as unknown as Answer
const nodes = new Map(first.nodes.map((node) => [node.id, node]))

test('values come forward, gradients come back, and inputs are there from the start', () => {
  const reveal = revealOf(first)
  expect([reveal.forward, reveal.count]).toEqual([2, 7])
  expect(['x', 'n1', 'f'].map((id) => reveal.value.get(id))).toEqual([0, 1, 2])
  expect(['f', 'n1', 'z', 'x', 'y'].map((id) => reveal.gradient.get(id))).toEqual([3, 4, 5, 6, 7])
  expect(reveal.flow).toEqual([4, 5, 6, 7])
})

test('where gradients add, the sum comes after its flows', () => {
  const reveal = revealOf(fanOut)
  const intoX = fanOut.flows.flatMap((flow, index) => (flow.source === 'x' ? [reveal.flow[index]!] : []))
  expect(intoX.length).toBe(2)
  expect(reveal.gradient.get('x')).toBeGreaterThan(Math.max(...intoX))
})

test('a number travels with the step that it belongs to', () => {
  const map = mapOf(first.layout as Layout)
  expect(pulsesAt(first, nodes, map, 0)).toEqual([])
  const forward = pulsesAt(first, nodes, map, 0.2)
  expect(forward.map(({ kind, text }) => [kind, text])).toEqual([
    ['forward', '−2'],
    ['forward', '5'],
  ])
  expect(pulsesAt(first, nodes, map, 0.4)[0]!.at.x).toBeGreaterThan(forward[0]!.at.x)
  expect(pulsesAt(first, nodes, map, TRAVEL + 0.01)).toEqual([])
  const backward = pulsesAt(first, nodes, map, 3.2)
  expect(backward.map(({ kind, text }) => [kind, text])).toEqual([['backward', '−4']])
  expect(pulsesAt(first, nodes, map, 3.4)[0]!.at.x).toBeLessThan(backward[0]!.at.x)
})
