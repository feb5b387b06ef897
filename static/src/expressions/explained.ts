/** What an explanation lights up in the drawing. */
import type { Answer, EntryAnswer, PathsAnswer } from '../figure/api'
import { positionOf } from '../grids/cells'
import { wireKey } from './reveal'

/** The wires of the paths from an input to the output. */
export function wiresOf(answer: Answer | null, paths: PathsAnswer | null): Set<string> {
  const wires = new Set<string>()
  for (const path of paths?.paths ?? []) {
    for (const index of path.flows) {
      const flow = answer?.flows[index]
      if (flow) wires.add(wireKey(flow.source, flow.target, flow.position))
    }
  }
  return wires
}

/** Positions of the entry that is spoken of, and of those it came from, by node. */
export function markedEntries(
  answer: Answer | null,
  entry: EntryAnswer | null,
): Map<string, number[]> | null {
  if (!entry) return null
  const shapeOf = (id: string) => answer?.nodes.find((node) => node.id === id)?.shape ?? []
  const marked = new Map<string, number[]>()
  for (const { source, index } of entry.terms) {
    const positions = marked.get(source) ?? []
    const position = positionOf(index, shapeOf(source))
    if (!positions.includes(position)) positions.push(position)
    marked.set(source, positions)
  }
  marked.set(entry.node, [positionOf(entry.index, shapeOf(entry.node))])
  return marked
}
