import { expect, test } from 'vitest'
import { spansOf } from './reaches'
import type { Volume } from './types'

const volume = (name: string, x: number, y: number): Volume =>
  ({ name, x, y, width: 10, height: 20, recede: 4, middle: x + 5, thin: false }) as Volume

test('volumes in rows of their own take no room from one another', () => {
  const row = [volume('a', 0, 0), volume('b', 60, 0), volume('c', 120, 0)]
  const branch = volume('d', 30, 70)
  const alone = spansOf(row, 50)
  const together = spansOf([row[0]!, branch, ...row.slice(1)], 50)
  for (const { name } of row) expect(together.get(name)).toEqual(alone.get(name))
  for (const { from, to } of together.values()) expect(to - from).toBeGreaterThanOrEqual(44)
})

test('neighbours in a row do not lie on one another, in whatever order they come', () => {
  const spans = spansOf([volume('b', 30, 0), volume('a', 0, 0), volume('c', 60, 0)], 50)
  const [a, b, c] = ['a', 'b', 'c'].map((name) => spans.get(name)!) as [never, never, never]
  for (const [left, right] of [
    [a, b],
    [b, c],
  ] as { from: number; to: number }[][])
    expect(left!.to).toBeLessThanOrEqual(right!.from)
  for (const { from, to } of [a, b, c] as { from: number; to: number }[]) expect(to).toBeGreaterThan(from)
})
