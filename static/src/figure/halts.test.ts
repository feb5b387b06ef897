import { describe, expect, it } from 'vitest'
import { haltFrom, haltsOf } from './halts'

describe('halts on a long way', () => {
  const shape = [3, 10, 8]
  const halts = haltsOf(240, 481, shape)!

  it('are a cell, a row, a map, then the first and last cell of each map, forward and backward', () => {
    expect(halts).toEqual([0, 1, 8, 80, 81, 160, 161, 240, 241, 248, 320, 321, 400, 401, 480, 481])
  })
  it('lead over all of it and back, from wherever one is', () => {
    let [t, presses] = [3.5, 0]
    while (haltFrom(t, halts, 1) > t) [t, presses] = [haltFrom(t, halts, 1), presses + 1]
    expect(t).toBe(481)
    expect(presses).toBeLessThan(16)
    while (haltFrom(t, halts, -1) < t) t = haltFrom(t, halts, -1)
    expect(t).toBe(0)
    expect(haltFrom(81.2, halts, -1)).toBe(81)
  })
  it('are not needed where a hand can press each step', () => {
    expect(haltsOf(9, 19, [1, 3, 3])).toBeNull()
  })
  it('know a way that only goes forward', () => {
    expect(haltsOf(100, 100, [1, 10, 10])).toEqual([0, 1, 10, 100])
  })
})
