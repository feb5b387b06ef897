/** What is on its way at t, and where: a number along each wire of the present step. */
import type { Answer, Layout, Node, Point, Value } from '../../figure/api'
import { along, curveOf, type Bezier } from './curve'
import { besideWire, formatShape } from '../../numbers/format'
import { presentStep, TRAVEL, travelled } from '../../figure/player'
import { wireKey } from '../reveal'

export type Pulse = { kind: 'forward' | 'backward'; text: string; at: Point }
export type Places = {
  wires: Map<string, { curve: Bezier[]; tag: Point }>
  labels: Map<string, Point>
  outs: Map<string, Point>
}

const MOST = 24

/** The layout by key, made once a layout. */
export function mapOf(layout: Layout, tags: ReadonlyMap<string, Point> = new Map()): Places {
  return {
    wires: new Map(
      layout.wires.map((wire) => {
        const key = wireKey(wire.source, wire.target, wire.position)
        return [key, { curve: curveOf(wire.points), tag: tags.get(key) ?? wire.label }]
      }),
    ),
    labels: new Map(layout.nodes.map((node) => [node.id, node.label])),
    outs: new Map(layout.nodes.map((node) => [node.id, node.out])),
  }
}

export function shortText(value: Value | null, shape: readonly number[]): string {
  return typeof value === 'number' || value === null ? besideWire(value) : formatShape(shape)
}

export function pulsesAt(answer: Answer, nodes: Map<string, Node>, map: Places, t: number): Pulse[] {
  const present = presentStep(t)
  const step = answer.steps[present]
  if (!step || t - present >= TRAVEL) return []
  const share = travelled(t)
  const pulses: Pulse[] = []
  const shape = (id: string) => nodes.get(id)?.shape ?? []
  if (step.kind === 'forward') {
    const node = nodes.get(step.node)
    node?.inputs.forEach((source, position) => {
      const wire = map.wires.get(wireKey(source, step.node, position))
      const value = nodes.get(source)?.value ?? null
      if (!wire || pulses.length >= MOST) return
      pulses.push({ kind: 'forward', text: shortText(value, shape(source)), at: along(wire.curve, share) })
    })
  } else if (step.kind === 'backward' && step.flow !== null) {
    const flow = answer.flows[step.flow]
    const wire = flow && map.wires.get(wireKey(flow.source, flow.target, flow.position))
    if (flow && wire) {
      pulses.push({
        kind: 'backward',
        text: shortText(flow.downstream, shape(flow.source)),
        at: along(wire.curve, 1 - share),
      })
    }
  } else if (step.kind === 'accumulate') {
    const to = map.labels.get(step.node)
    for (const index of step.flows ?? []) {
      const flow = answer.flows[index]
      const wire = flow && map.wires.get(wireKey(flow.source, flow.target, flow.position))
      if (!flow || !wire || !to || pulses.length >= MOST) continue
      pulses.push({
        kind: 'backward',
        text: shortText(flow.downstream, shape(flow.source)),
        at: {
          x: wire.tag.x + (to.x - wire.tag.x) * share,
          y: wire.tag.y + (to.y + 14 - wire.tag.y) * share,
        },
      })
    }
  }
  return pulses
}
