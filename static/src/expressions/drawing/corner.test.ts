import { expect, test } from 'vitest'
import type { Layout } from '../../figure/api'
import first from '../fixtures/first.json'
import { emptiest } from './corner'

const { layout } = first as unknown as { layout: Layout }
const card = { width: 300, height: 200 }
const window = { width: 1200, height: 800 }

test('a card stands where the drawing does not', () => {
  // The drawing lies in the upper right of its window, then in the upper left, then in all of it.
  const right = { x: 1200 - layout.width, y: 0, scale: 1 }
  const left = { x: 0, y: 0, scale: 1 }
  expect(emptiest(layout, right, window, card, null)).not.toBe('')
  expect(emptiest(layout, left, window, card, null)).toBe('')
})

test('where all corners are taken, the node that it is about is left free', () => {
  const small = { width: layout.width, height: layout.height }
  const half = { width: small.width * 0.45, height: small.height * 0.9 }
  const [about] = [...layout.nodes].sort((a, b) => b.x - a.x)
  expect(emptiest(layout, { x: 0, y: 0, scale: 1 }, small, half, about!.id)).toContain('left')
  const [other] = [...layout.nodes].sort((a, b) => a.x - b.x)
  expect(emptiest(layout, { x: 0, y: 0, scale: 1 }, small, half, other!.id)).not.toContain('left')
})
