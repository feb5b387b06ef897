/** From what a hand does in the drawing to an edit of the graph. */
import type { Answer, Op } from '../figure/api'
import { addLoose, append, cut, fromAnswer, remove, splice, type Edit, type Port } from './graph'
import type { Spot } from './drawing/walk'

export function portOf(key: string): Port {
  const [source = '', target = '', position = '0'] = key.split('\u2192')
  return { source, target, position: Number(position) }
}

/** A gate from the palette, where something is selected; else behind the output. */
export function addGate(answer: Answer, op: Op, spot: Spot | null): Edit {
  const gate = { name: op.name, arguments: op.arguments.map((name) => name.replace('*', '')) }
  const graph = fromAnswer(answer)
  if (spot?.kind === 'wire') return splice(graph, portOf(spot.key), gate)
  return append(graph, spot?.id ?? answer.output, gate)
}

/** A gate dropped on the drawing: on a wire, on a node, or on free paper. */
export function dropGate(answer: Answer, op: Op, at: Element | null): Edit | null {
  const wire = at?.closest('[data-wire]')?.getAttribute('data-wire')
  if (wire) return addGate(answer, op, { kind: 'wire', key: wire })
  const node = at?.closest('[data-node]')?.getAttribute('data-node')
  if (node) return addGate(answer, op, { kind: 'node', id: node })
  if (at?.closest('.stage')) return addLoose(fromAnswer(answer), { name: op.name, arguments: op.arguments })
  return null
}

export function takeOut(answer: Answer, spot: Spot): Edit {
  const graph = fromAnswer(answer)
  return spot.kind === 'wire' ? cut(graph, portOf(spot.key)) : remove(graph, spot.id)
}

/** What choosing a gate will do, in words. */
export function aimOf(answer: Answer, spot: Spot | null): string {
  const nameOf = (id: string) => {
    const node = answer.nodes.find((other) => other.id === id)
    return node?.name ?? `the ${node?.gate} gate`
  }
  if (spot?.kind === 'wire') {
    const { source, target } = portOf(spot.key)
    return `Goes into the wire from ${nameOf(source)} to ${nameOf(target)}. Or drag it onto another.`
  }
  return `Goes behind ${nameOf(spot?.id ?? answer.output)}. Or drag it onto a wire.`
}
