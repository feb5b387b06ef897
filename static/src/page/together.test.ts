import { expect, test, vi } from 'vitest'
import type { Shared } from '../figure/figure.svelte'
import type { Standing } from '../figure/standing'
import type { Told } from './channel'
import { changes, together } from './together.svelte'

test('only what has changed is told, and a question in other objects is no other question', () => {
  const question = { text: 'x * y', inputs: { x: [1, 2] } }
  const before = { question, t: 2, pinned: null }
  expect(changes({ question: structuredClone(question), t: 2, pinned: null }, before)).toBeNull()
  expect(changes({ question, t: 3, pinned: null }, before)).toEqual({ t: 3 })
  expect(changes({ question: { text: 'x' }, t: 2, pinned: { row: 1 } }, before)).toEqual({
    question: { text: 'x' },
    pinned: { row: 1 },
  })
})

test('what is told while a figure is still being asked for is what it stands at in the end', async () => {
  let heard: (told: Told) => void = () => undefined
  const channel = { tell: () => undefined, hear: (each: typeof heard) => ((heard = each), () => undefined) }
  let answered: () => void = () => undefined
  let t = 0
  const figure = {
    shared: {},
    follows: async (shared: Shared) => {
      if (shared.question) await new Promise<void>((then) => (answered = then))
      t = shared.t ?? t
    },
  }
  const alive = together(channel, () => true, false)
  alive(3, { store: figure } as unknown as Standing)
  heard({ figures: { 3: { question: 'x', t: 1 } } })
  heard({ figures: { 3: { t: 2 } } })
  for (let turn = 0; turn < 8; turn++) {
    answered()
    await Promise.resolve()
  }
  expect(t).toBe(2)
})

test('what goes in another window already is not begun a second time', () => {
  vi.useFakeTimers()
  let heard: (told: Told) => void = () => undefined
  const channel = { tell: () => undefined, hear: (each: typeof heard) => ((heard = each), () => undefined) }
  const begun: number[] = []
  const figure = (place: number): Standing =>
    ({
      store: { shared: {}, follows: () => Promise.resolve() },
      begin: () => begun.push(place),
    }) as unknown as Standing
  const follower = together(channel, () => true, false)
  for (const place of [1, 2]) expect(follower(place, figure(place))).toBe(false)
  heard({ figures: { 1: { running: true } } })
  vi.advanceTimersByTime(5000)
  // Nobody has told of the second: it begins by itself.
  expect(begun).toEqual([2])
  vi.useRealTimers()
})
