/** Where a card covers least of a drawing. */
import type { Layout } from '../../figure/api'
import { boundsOf } from './drawn'
import type { Size, View } from './view'

const CORNERS = ['', 'low', 'left', 'left low'] as const
/** What the node that a card is about counts, beside another. */
const ABOUT = 20

/** The corner of the window in which a card covers least, and least of all the node it is about. */
export function emptiest(layout: Layout, view: View, window: Size, card: Size, about: string | null): string {
  const cost = (corner: string): number => {
    const x = corner.includes('left') ? 0 : window.width - card.width
    const y = corner.includes('low') ? window.height - card.height : 0
    return layout.nodes.reduce((sum, placed) => {
      const { x: left, y: top, width, height } = boundsOf(placed)
      const from = { x: view.x + left * view.scale, y: view.y + top * view.scale }
      const across = Math.min(x + card.width, from.x + width * view.scale) - Math.max(x, from.x)
      const down = Math.min(y + card.height, from.y + height * view.scale) - Math.max(y, from.y)
      return sum + Math.max(0, across) * Math.max(0, down) * (placed.id === about ? ABOUT : 1)
    }, 0)
  }
  return CORNERS.reduce<string>((best, corner) => (cost(corner) < cost(best) - 1 ? corner : best), '')
}
