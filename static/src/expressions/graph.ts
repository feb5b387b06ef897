/**
 * Building by hand: pure edits of the node list. The server turns the result into text, values and a new
 * layout, so what is drawn and what is written cannot come apart.
 */
import type { Answer, GraphNode, GraphText, Nested } from '../figure/api'

export type Port = { source: string; target: string; position: number }
export type Gate = { name: string; arguments: string[] }
/** An edit that worked, with the node it is about, or a sentence on why it cannot be. */
export type Edit =
  { graph: GraphText; focus: string | null; inputs: Record<string, Nested> } | { refusal: string }

const LETTERS = 'abcdeghijklmnopqrstuvwxyz'

export function fromAnswer(answer: Answer): GraphText {
  return {
    output: answer.output,
    nodes: answer.nodes.map(({ id, op, inputs, value, attributes }) => {
      const node: GraphNode = { id, op, inputs: [...inputs] }
      if (op === 'constant') node.value = value as Nested
      if (Object.keys(attributes).length) node.attributes = attributes
      return node
    }),
  }
}

/** Gates that stand for themselves: they take operands, and nothing else that has to be known first. */
export function buildable(op: {
  name: string
  arguments: string[]
  parameters: Record<string, unknown>
}): boolean {
  return op.arguments.length > 0 && !('shape' in op.parameters) && !('key' in op.parameters)
}

/** Put a gate into a wire: what went along it goes through the gate. */
export function splice(graph: GraphText, port: Port, gate: Gate): Edit {
  const made = newGate(graph, gate, port.source)
  const nodes = graph.nodes.map((node) =>
    node.id === port.target ? { ...node, inputs: replaced(node.inputs, port.position, made.id) } : node,
  )
  return { graph: { ...graph, nodes: [...nodes, ...made.nodes] }, focus: made.id, inputs: made.inputs }
}

/** Put a gate behind a node: everything that used the node uses the gate. */
export function append(graph: GraphText, id: string, gate: Gate): Edit {
  const made = newGate(graph, gate, id)
  const nodes = graph.nodes.map((node) => ({
    ...node,
    inputs: node.inputs.map((source) => (source === id ? made.id : source)),
  }))
  if (graph.output !== id)
    return { graph: { ...graph, nodes: [...nodes, ...made.nodes] }, focus: made.id, inputs: made.inputs }
  return { graph: { nodes: [...nodes, ...made.nodes], output: made.id }, focus: made.id, inputs: made.inputs }
}

/** A gate with inputs of its own, not yet part of what leads to the output. */
export function addLoose(graph: GraphText, gate: Gate): Edit {
  const made = newGate(graph, gate, null)
  return { graph: { ...graph, nodes: [...graph.nodes, ...made.nodes] }, focus: made.id, inputs: made.inputs }
}

/** Lead a node's value into a port, in place of what came in there. */
export function connect(graph: GraphText, source: string, target: string, position: number): Edit {
  const node = graph.nodes.find(({ id }) => id === target)
  if (!node || node.inputs.length === 0) return { refusal: 'An input takes no wires; choose a gate.' }
  if (position < 0 || position >= node.inputs.length) return { refusal: 'This gate has no such port.' }
  if (source === target || dependsOn(graph, source, target)) {
    return { refusal: 'This wire would make a circle: the gate would depend on itself.' }
  }
  const nodes = graph.nodes.map((other) =>
    other.id === target ? { ...other, inputs: replaced(other.inputs, position, source) } : other,
  )
  return { graph: pruned(graph, { ...graph, nodes }), focus: target, inputs: {} }
}

/** Take a gate out: what used it uses its first operand. An input goes together with its place. */
export function remove(graph: GraphText, id: string): Edit {
  const node = graph.nodes.find((other) => other.id === id)
  if (!node) return { refusal: 'There is no such node.' }
  const heir = node.inputs[0]
  if (heir === undefined) return removeInput(graph, id)
  const nodes = graph.nodes
    .filter((other) => other.id !== id)
    .map((other) => ({ ...other, inputs: other.inputs.map((source) => (source === id ? heir : source)) }))
  const output = graph.output === id ? heir : graph.output
  return { graph: pruned(graph, { nodes, output }, id), focus: heir, inputs: {} }
}

/** Take a wire out: a gate with two operands gives way to the other one, any other gets a fresh input. */
export function cut(graph: GraphText, port: Port): Edit {
  const target = graph.nodes.find(({ id }) => id === port.target)
  if (!target) return { refusal: 'There is no such wire.' }
  if (target.inputs.length === 2) {
    const heir = target.inputs[1 - port.position]!
    if (heir !== port.source) {
      const swapped = graph.nodes.map((node) =>
        node.id === target.id ? { ...node, inputs: [heir, port.source] } : node,
      )
      return remove({ ...graph, nodes: swapped }, target.id)
    }
  }
  const name = freshName(new Set(graph.nodes.map(({ id }) => id)))
  const nodes = graph.nodes.map((node) =>
    node.id === target.id ? { ...node, inputs: replaced(node.inputs, port.position, name) } : node,
  )
  const fresh: GraphNode = { id: name, op: 'input', inputs: [] }
  return { graph: pruned(graph, { ...graph, nodes: [...nodes, fresh] }), focus: name, inputs: { [name]: 1 } }
}

function removeInput(graph: GraphText, id: string): Edit {
  let next = graph
  let focus: string | null = null
  const fresh: Record<string, Nested> = {}
  for (let guard = graph.nodes.length; guard > 0; guard--) {
    const user = next.nodes.find(({ inputs }) => inputs.includes(id))
    if (!user) break
    const edit = cut(next, { source: id, target: user.id, position: user.inputs.indexOf(id) })
    if ('refusal' in edit) return edit
    next = edit.graph
    focus = edit.focus
    Object.assign(fresh, edit.inputs)
  }
  if (next === graph && graph.output === id)
    return { refusal: 'This is all there is; type another expression.' }
  return { graph: { ...next, nodes: next.nodes.filter((node) => node.id !== id) }, focus, inputs: fresh }
}

export function dependsOn(graph: GraphText, id: string, on: string): boolean {
  const byId = new Map(graph.nodes.map((node) => [node.id, node]))
  const seen = new Set<string>()
  const stack = [id]
  while (stack.length) {
    const next = stack.pop()!
    if (next === on) return true
    if (seen.has(next)) continue
    seen.add(next)
    stack.push(...(byId.get(next)?.inputs ?? []))
  }
  return false
}

function reached(graph: GraphText): Set<string> {
  const byId = new Map(graph.nodes.map((node) => [node.id, node]))
  const seen = new Set<string>()
  const stack = [graph.output]
  while (stack.length) {
    const next = stack.pop()!
    if (seen.has(next)) continue
    seen.add(next)
    stack.push(...(byId.get(next)?.inputs ?? []))
  }
  return seen
}

/** Without what the edit has cut off; what was loose before stays, unless it hung on what is gone. */
function pruned(before: GraphText, after: GraphText, gone: string | null = null): GraphText {
  const was = reached(before)
  const is = reached(after)
  const loose = after.nodes.filter(({ id }) => !is.has(id) && !was.has(id) && id !== gone)
  const keep = new Set([...is, ...loose.flatMap(({ id }) => [...reached({ ...after, output: id })])])
  return { ...after, nodes: after.nodes.filter(({ id }) => keep.has(id)) }
}

function newGate(graph: GraphText, gate: Gate, operand: string | null) {
  const taken = new Set(graph.nodes.map(({ id }) => id))
  const nodes: GraphNode[] = []
  const inputs: Record<string, Nested> = {}
  const operands = gate.arguments.map((_, position) => {
    if (position === 0 && operand !== null) return operand
    const name = freshName(taken)
    taken.add(name)
    nodes.push({ id: name, op: 'input', inputs: [] })
    inputs[name] = 1
    return name
  })
  let number = 1
  while (taken.has(`n${number}`)) number += 1
  const id = `n${number}`
  nodes.push({ id, op: gate.name, inputs: operands })
  return { id, nodes, inputs }
}

function freshName(taken: Set<string>): string {
  for (const letter of LETTERS) if (!taken.has(letter)) return letter
  let number = 1
  while (taken.has(`a${number}`)) number += 1
  return `a${number}`
}

const replaced = (inputs: string[], position: number, id: string): string[] =>
  inputs.map((source, i) => (i === position ? id : source))
