// @vitest-environment jsdom
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { lessonChannel, type Told } from './channel'

/** Windows' channels whose messages come when the test says so, each window's in the order it is named in. */
class Slow {
  static all: Slow[] = []
  onmessage: ((event: { data: unknown }) => void) | null = null
  waiting: unknown[] = []
  constructor() {
    Slow.all.push(this)
  }
  postMessage(data: unknown): void {
    for (const other of Slow.all) if (other !== this) other.waiting.push(structuredClone(data))
  }
  comes(): void {
    for (const data of this.waiting.splice(0)) this.onmessage?.({ data })
  }
}

/** A window of the lesson: which screen it shows, null where it was not told yet. */
function opened(shown: number | null): { state: Told; show: (place: number) => void; comes: () => void } {
  const channel = lessonChannel()
  const slow = Slow.all.at(-1)
  const state: Told = shown === null ? {} : { shown }
  channel.hear(
    (told) => Object.assign(state, told),
    () => state,
  )
  return {
    state,
    show: (place) => {
      state.shown = place
      channel.tell({ shown: place })
    },
    comes: () => slow?.comes(),
  }
}

beforeEach(() => {
  Slow.all = []
  vi.stubGlobal('BroadcastChannel', Slow)
  let now = 0
  vi.spyOn(Date, 'now').mockImplementation(() => ++now)
})
afterEach(() => {
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
})

/** All that is on its way arrives. */
function settled(...windows: { comes: () => void }[]): void {
  for (let turn = 0; turn < 8; turn++) for (const one of windows) one.comes()
}

test('a window that opens is told what is shown', () => {
  const wall = opened(3)
  const speaker = opened(null)
  settled(wall, speaker)
  expect(speaker.state.shown).toBe(3)
})

test("an old answer to a window that opens takes back no one's turn", () => {
  const wall = opened(0)
  const speaker = opened(null)
  settled(wall, speaker)
  // The picture in the speaker's window asks; the speaker answers before it hears that the wall was turned.
  const mirror = opened(null)
  wall.comes()
  wall.show(1)
  speaker.comes()
  settled(mirror, speaker, wall)
  expect([wall, speaker, mirror].map(({ state }) => state.shown)).toEqual([1, 1, 1])
})

test('two windows turned at once agree', () => {
  const wall = opened(0)
  const speaker = opened(null)
  settled(wall, speaker)
  wall.show(1)
  speaker.show(5)
  settled(wall, speaker)
  expect(wall.state.shown).toBe(speaker.state.shown)
})
