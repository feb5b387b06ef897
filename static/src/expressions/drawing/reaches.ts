/** Where a node answers to the hand: as high as a finger, where its neighbours leave it that room. */
import type { PlacedNode } from '../../figure/api'

export type Reach = { x: number; y: number; width: number; height: number }

const BESIDE = 4
const LEAST = 52 // its numbers above and below the wire belong to it

const leftOf = (node: PlacedNode) => node.x - node.width / 2 - BESIDE
const halfOf = (node: PlacedNode) => Math.max(LEAST, node.height) / 2

/** The reach of each node, in the drawing's own pixels, of which a finger takes so many. */
export function reachesOf(nodes: readonly PlacedNode[], finger: number): Map<string, Reach> {
  return new Map(
    nodes.map((node) => {
      const own = halfOf(node)
      const others = nodes.filter(
        (other) => other !== node && leftOf(other) < node.out.x && leftOf(node) < other.out.x,
      )
      // Up to the middle between two, and never into what another has without a finger.
      const room = (side: -1 | 1) =>
        others
          .map((other) => [side * (other.y - node.y), halfOf(other)] as const)
          .filter(([away]) => away > 0)
          .reduce(
            (least, [away, half]) => Math.min(least, half > away / 2 ? away - half : away / 2),
            Infinity,
          )
      const [above, below] = ([-1, 1] as const).map((side) =>
        Math.max(own, Math.min(finger / 2, room(side))),
      ) as [number, number]
      return [
        node.id,
        { x: leftOf(node), y: node.y - above, width: node.out.x - leftOf(node), height: above + below },
      ]
    }),
  )
}
