import { expect, test } from 'vitest'
import type { Answer, Question, StepsAnswer, Told } from '../figure/api'
import fanOutAnswer from './fixtures/fan-out.json'
import firstAnswer from './fixtures/first.json'
import { formulasOf, isTold, momentsOf, whole } from './moments'

const first = firstAnswer as unknown as Answer
const fanOut = fanOutAnswer as unknown as Answer
const question: Question = { expression: 'f = x', inputs: { x: 1 }, layout: true, preview: 9 }

test.each([
  ['a tree', first],
  ['a name used twice', fanOut],
])('without words the steps are those that the server tells: %s', (_, answer) => {
  const bare = (answer.steps as StepsAnswer['steps']).map(({ kind, node, flow, flows }) => ({
    kind,
    node,
    flow,
    flows,
  }))
  expect(momentsOf(answer as unknown as Told)).toEqual(bare)
})

test('an answer keeps the steps that it was given, and the question that it is to', () => {
  const told = first as unknown as Told
  expect(whole(told, question).steps).toBe(told.steps)
  const answer = whole({ ...told, steps: undefined }, question)
  expect(answer.steps.some(isTold)).toBe(false)
  expect(answer.steps.length).toBe(told.steps!.length)
  expect(answer.pass).toEqual({ expression: 'f = x', inputs: { x: 1 }, fill: false, mistake: null })
})

test('formulas come with the answer, else with the steps that were fetched', () => {
  expect(formulasOf(first, []).node('f')).toBe(first.nodes.find(({ id }) => id === 'f')!.latex)
  expect(formulasOf(first, []).flow(0)?.rule).toBe(first.flows[0]!.rule)
  const bare = {
    ...first,
    nodes: first.nodes.map((node) => ({ ...node, latex: null })),
    flows: first.flows.map((flow) => ({ ...flow, latex: null, rule: null })),
  } as unknown as Answer
  const batch = {
    first: 0,
    steps: [],
    nodes: [{ id: 'f', latex: 'f = qz' }],
    flows: [{ flow: 1, rule: 'rule', latex: '2' }],
  }
  expect([formulasOf(bare, []).node('f'), formulasOf(bare, []).flow(1)]).toEqual([null, null])
  const { node, flow } = formulasOf(bare, [batch])
  expect([node('f'), node('x'), flow(0), flow(1)]).toEqual([
    'f = qz',
    null,
    null,
    { rule: 'rule', latex: '2' },
  ])
})
