import { expect, test } from 'vitest'
import type { GraphText } from '../figure/api'
import { addLoose, append, connect, cut, remove, splice, type Edit } from './graph'

// f = (x + y) * z
const graph: GraphText = {
  nodes: [
    { id: 'x', op: 'input', inputs: [] },
    { id: 'y', op: 'input', inputs: [] },
    { id: 'n1', op: '+', inputs: ['x', 'y'] },
    { id: 'z', op: 'input', inputs: [] },
    { id: 'f', op: '*', inputs: ['n1', 'z'] },
  ],
  output: 'f',
}
const exp = { name: 'exp', arguments: ['x'] }
const add = { name: '+', arguments: ['a', 'b'] }

function done(edit: Edit) {
  if ('refusal' in edit) throw new Error(edit.refusal)
  return edit
}
const ids = (edit: Edit) => done(edit).graph.nodes.map(({ id }) => id)
const node = (edit: Edit, id: string) => done(edit).graph.nodes.find((other) => other.id === id)

test('a gate goes into one wire only', () => {
  const edit = splice(graph, { source: 'n1', target: 'f', position: 0 }, exp)
  expect(node(edit, 'n2')).toEqual({ id: 'n2', op: 'exp', inputs: ['n1'] })
  expect(node(edit, 'f')?.inputs).toEqual(['n2', 'z'])
  expect(done(edit).focus).toBe('n2')
})

test('a gate with two operands brings an input along', () => {
  const edit = splice(graph, { source: 'x', target: 'n1', position: 0 }, add)
  expect(node(edit, 'n2')?.inputs).toEqual(['x', 'a'])
  expect(done(edit).inputs).toEqual({ a: 1 })
})

test('behind the output a gate becomes the output', () => {
  expect(done(append(graph, 'f', exp)).graph.output).toBe('n2')
  expect(node(append(graph, 'x', exp), 'n1')?.inputs).toEqual(['n2', 'y'])
})

test('a loose gate changes nothing else', () => {
  const edit = addLoose(graph, add)
  expect(done(edit).graph.output).toBe('f')
  expect(ids(edit)).toEqual(['x', 'y', 'n1', 'z', 'f', 'a', 'b', 'n2'])
  const joined = connect(done(edit).graph, 'n2', 'f', 1)
  expect(ids(joined)).toEqual(['x', 'y', 'n1', 'f', 'a', 'b', 'n2'])
})

test('connecting replaces an operand, and what nothing uses any more goes', () => {
  const edit = connect(graph, 'x', 'f', 1)
  expect(node(edit, 'f')?.inputs).toEqual(['n1', 'x'])
  expect(ids(edit)).not.toContain('z')
})

test('circles and wires into inputs are refused', () => {
  expect(connect(graph, 'f', 'n1', 0)).toEqual({ refusal: expect.stringContaining('circle') })
  expect(connect(graph, 'n1', 'n1', 0)).toEqual({ refusal: expect.stringContaining('circle') })
  expect(connect(graph, 'f', 'x', 0)).toEqual({ refusal: expect.stringContaining('input') })
})

test('a gate that goes leaves its first operand', () => {
  expect(node(remove(graph, 'n1'), 'f')?.inputs).toEqual(['x', 'z'])
  expect(ids(remove(graph, 'n1'))).toEqual(['x', 'z', 'f'])
  const output = done(remove(graph, 'f'))
  expect(output.graph.output).toBe('n1')
  expect(output.graph.nodes.map(({ id }) => id)).toEqual(['x', 'y', 'n1'])
})

test('an input that goes takes its place along', () => {
  const edit = remove(graph, 'x')
  expect(ids(edit)).toEqual(['y', 'z', 'f'])
  expect(node(edit, 'f')?.inputs).toEqual(['y', 'z'])
})

test('a wire that goes leaves the other operand, or a fresh input', () => {
  expect(ids(cut(graph, { source: 'n1', target: 'f', position: 0 }))).toEqual(['z'])
  const single: GraphText = { nodes: [graph.nodes[0]!, { id: 'f', op: 'exp', inputs: ['x'] }], output: 'f' }
  expect(node(cut(single, { source: 'x', target: 'f', position: 0 }), 'f')?.inputs).toEqual(['a'])
})
