import { expect, test } from 'vitest'
import type { Layout } from '../../figure/api'
import fanOut from '../fixtures/fan-out.json'
import first from '../fixtures/first.json'
import { reachesOf, type Reach } from './reaches'

const layouts = [first, fanOut].map((answer) => (answer as unknown as { layout: Layout }).layout)

const shared = (a: Reach, b: Reach): number =>
  Math.max(0, Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x)) *
  Math.max(0, Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y))

test.each(layouts)('what a finger hits is as high as it, or ends where another begins', (layout) => {
  const before = reachesOf(layout.nodes, 0)
  for (const finger of [44, 60, 400]) {
    const reaches = [...reachesOf(layout.nodes, finger)]
    for (const [id, reach] of reaches) {
      expect(reach.height).toBeGreaterThanOrEqual(before.get(id)!.height)
      for (const [other, its] of reaches)
        if (other !== id)
          expect(shared(reach, its)).toBeLessThanOrEqual(shared(before.get(id)!, before.get(other)!) + 0.01)
      if (finger === 60) expect(reach.height).toBeGreaterThanOrEqual(60)
    }
  }
})
