import { expect, test } from 'vitest'
import { framesOf, MOST_FRAMES } from './animation'

test('every step of a short way is a frame, and the end', () => {
  expect(framesOf(4)).toEqual([0, 1, 2, 3, 4])
  expect(framesOf(0)).toEqual([0])
})

test('a long way has its first and its last step and no more frames than there may be', () => {
  for (const count of [118, 119, 120, 121, 500, 3000]) {
    const frames = framesOf(count)
    expect(frames.length).toBeLessThanOrEqual(MOST_FRAMES)
    expect([frames[0], frames.at(-1)]).toEqual([0, count])
    expect(frames).toEqual([...new Set(frames)].sort((a, b) => a - b))
  }
})
