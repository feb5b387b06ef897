// The windows of one lesson are one: what is done in one of them is told to all others, in numbered messages.
import type { Pointed } from '../clicker/room'
import type { Shared } from '../figure/figure.svelte'
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
  /** Where a phone points. */
  pointed?: Pointed
  ink?: Change
  /** Whether that ink takes the last change back. */
  undo?: boolean
  timer?: Timer | null
  /** Where figures stand, by their places in the lesson, or what of it has changed. */
  figures?: Record<number, Shared>
}
/** `numbers`: when each part was last changed, by whom it was changed; an answer to a window that asks is no change. */
type Message = { told: Told; numbers: Partial<Record<keyof Told, number>>; asks?: true }

export type Channel = {
  tell: (told: Told) => void
  /** Hears until the function that is returned is called. `state` is what a window that opens is told. */
  hear: (heard: (told: Told) => void, state: () => Told) => () => void
}

/** Whether something that came is such a message. */
function isMessage(data: unknown): data is Message {
  return typeof data === 'object' && data !== null && 'told' in data && 'numbers' in data
}

/** The channel of this page's path. */
export function lessonChannel(): Channel {
  const channel = new BroadcastChannel(`backlight ${location.pathname}`)
  const hearers = new Set<{ heard: (told: Told) => void; state: () => Told }>()
  /** When each part was last changed, as far as this window knows: of two windows' changes all keep the later one. */
  const numbers: Message['numbers'] = {}
  const number = (part: keyof Told): number => numbers[part] ?? 0
  const parts = (told: Told): (keyof Told)[] => Object.keys(told) as (keyof Told)[]
  let newest = 0
  const say = (told: Told, asks?: true): void => {
    const message: Message = { told, numbers: {}, ...(asks && { asks }) }
    for (const part of parts(told)) message.numbers[part] = number(part)
    channel.postMessage(message)
  }
  channel.onmessage = ({ data }: MessageEvent<unknown>) => {
    if (!isMessage(data)) return
    if (data.asks) return say(Object.assign({}, ...[...hearers].map(({ state }) => state())))
    const told: Told = { ...data.told }
    for (const part of parts(told)) {
      const then = data.numbers[part] ?? 0
      // What was changed before the last change is old; but no ink is.
      if (then < number(part) && !told.ink) delete told[part]
      else numbers[part] = Math.max(then, number(part))
      newest = Math.max(newest, then)
    }
    for (const { heard } of hearers) heard(told)
  }
  return {
    tell: (told) => {
      // No two windows' changes have one number.
      newest = Math.max(newest + 1, Date.now()) + Math.random()
      for (const part of parts(told)) numbers[part] = newest
      say(told)
    },
    hear: (heard, state) => {
      const one = { heard, state }
      hearers.add(one)
      say({}, true)
      return () => hearers.delete(one)
    },
  }
}
