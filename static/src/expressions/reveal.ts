/** Which number is to be seen when: the answer's steps, turned around. */
import type { Answer } from '../figure/api'
import type { Track } from '../figure/player'

export type Reveal = Track & {
  /** A node's value is there once this many steps have arrived. */
  value: Map<string, number>
  /** The same for its gradient; absent for what takes none. */
  gradient: Map<string, number>
  /** The same for each flow's downstream number. */
  flow: number[]
}

const NEVER = Number.POSITIVE_INFINITY

export function revealOf(answer: Answer): Reveal {
  const value = new Map<string, number>()
  const gradient = new Map<string, number>()
  const flow = new Array<number>(answer.flows.length).fill(NEVER)
  const flowsInto = new Map<string, number>()
  for (const { source } of answer.flows) flowsInto.set(source, (flowsInto.get(source) ?? 0) + 1)
  let forward = 0
  answer.steps.forEach((step, index) => {
    const after = index + 1
    if (step.kind === 'forward') {
      value.set(step.node, after)
      forward = after
    } else if (step.kind === 'accumulate') {
      gradient.set(step.node, after)
    } else if (step.flow === null) {
      gradient.set(step.node, after)
    } else {
      flow[step.flow] = Math.min(flow[step.flow] ?? NEVER, after)
      const source = answer.flows[step.flow]?.source
      // A single flow is the whole gradient; several are summed in a step of their own.
      if (source !== undefined && flowsInto.get(source) === 1) gradient.set(source, after)
    }
  })
  for (const node of answer.nodes) {
    if (!value.has(node.id)) value.set(node.id, 0)
    // What no flow reaches has its gradient (0, or none at all) once the backward pass is over.
    if (!gradient.has(node.id) && node.gradient !== null) gradient.set(node.id, answer.steps.length)
  }
  return { forward, count: answer.steps.length, value, gradient, flow }
}

/** How many flows run into each node: more than one means their numbers are shown apart. */
export function fanOut(answer: Answer): Map<string, number> {
  const counts = new Map<string, number>()
  for (const { source } of answer.flows) counts.set(source, (counts.get(source) ?? 0) + 1)
  return counts
}

export const wireKey = (source: string, target: string, position: number): string =>
  `${source}\u2192${target}\u2192${position}`
