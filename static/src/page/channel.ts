// The windows of one lesson are one: what is done in one of them is told to all others, in numbered messages.
import type { Change } from './presenting/ink'
import type { Spot } from './presenting/laser'
import type { Tool } from './presenting/board.svelte'
import type { Timer } from './presenting/timer'

/** What a window may tell of: each part alone, and all of its state where a window opens and asks. */
export type Told = {
  /** Which screen is shown. */
  shown?: number
  /** How large the window on the wall is, in CSS pixels: width, height. */
  size?: readonly [number, number]
  tool?: Tool | null
  laser?: Spot | null
  ink?: Change
  /** Whether that ink takes the last change back. */
  undo?: boolean
  timer?: Timer | null
}
type Message = Told & { number: number; asks?: true }

export type Channel = {
  tell: (told: Told) => void
  /** Hears until the function that is returned is called. `state` is what a window that opens is told. */
  hear: (heard: (told: Told) => void, state: () => Told) => () => void
}

/** Whether something that came is such a message. */
function isMessage(data: unknown): data is Message {
  return typeof data === 'object' && data !== null && typeof (data as Message).number === 'number'
}

/** The channel of this page's path. */
export function lessonChannel(): Channel {
  const channel = new BroadcastChannel(`backlight ${location.pathname}`)
  const hearers = new Set<{ heard: (told: Told) => void; state: () => Told }>()
  let newest = Date.now()
  const say = (message: Omit<Message, 'number'>): void => {
    newest = Math.max(newest + 1, Date.now())
    channel.postMessage({ number: newest, ...message } satisfies Message)
  }
  channel.onmessage = ({ data }: MessageEvent<unknown>) => {
    if (!isMessage(data)) return
    const { number, asks, ...told } = data
    if (asks) return say(Object.assign({}, ...[...hearers].map(({ state }) => state())))
    // What was said before the last thing heard is old; but no ink is.
    if (number < newest && !told.ink) return
    newest = Math.max(newest, number)
    for (const { heard } of hearers) heard(told)
  }
  return {
    tell: say,
    hear: (heard, state) => {
      const one = { heard, state }
      hearers.add(one)
      say({ asks: true })
      return () => hearers.delete(one)
    },
  }
}
