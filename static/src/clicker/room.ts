// A room in which a phone is this wall's clicker: kept from lesson to lesson, and what is heard in it.
import type { components } from '../figure/schema'
import { readEvents, type Told } from '../figure/events'
import { BrokenOff, post } from '../figure/server'

type Schemas = components['schemas']
export type Shown = Required<Schemas['ShownQuestion']>
/** `until`: when it is over, by this machine's clock. */
export type Room = Omit<Schemas['RoomAnswer'], 'seconds'> & { until: number }

/** Where a phone points, as shares of the wall's width and height; null is nowhere. */
export type Pointed = { phone: number; point: readonly [number, number] | null }

const KEY = 'clicker'
/** Seconds until a stream that broke off, or that was refused for now, is asked for again. */
const AGAIN = 1.5

/** The room of this tab, as long as its hour lasts. */
export function kept(): Room | null {
  try {
    const room = JSON.parse(sessionStorage.getItem(KEY) ?? 'null') as Room | null
    return room && room.until > Date.now() ? room : null
  } catch {
    return null // storage may be switched off; a room then lasts as long as the page
  }
}

export function keep(room: Room | null): void {
  try {
    if (room) sessionStorage.setItem(KEY, JSON.stringify(room))
    else sessionStorage.removeItem(KEY)
  } catch {
    // As above.
  }
}

/** A new room, or why there is none. */
export async function openRoom(shown: Shown): Promise<Room | string> {
  const reply = await post<Schemas['RoomAnswer']>('/api/clicker', shown, undefined, (r) => r.json())
  if (!reply.answer) return reply.problem.message
  const { seconds, ...room } = reply.answer
  return { ...room, until: Date.now() + 1000 * seconds }
}

const pause = (seconds: number) => new Promise((resolve) => setTimeout(resolve, 1000 * seconds))

/**
 * Hears what is said on a stream until it is over, and gives the sentence that it ends with. A connection that
 * breaks off is made anew; `waits` is told why nothing is heard meanwhile, and null when something is.
 */
export async function listen(
  route: string,
  body: unknown,
  told: (event: Told) => void,
  waits: (why: string | null) => void,
  signal: AbortSignal,
): Promise<string> {
  for (;;) {
    let last = ''
    const reply = await post<true>(route, body, signal, async (response) => {
      waits(null)
      await readEvents(response.body!, (event) => {
        if (event.name === 'problem') last = (event.data as { message: string }).message
        else told(event)
      }).catch((error: unknown) => {
        if (!(error instanceof BrokenOff)) throw error
      })
      return true
    })
    if (last) return last
    if (reply.problem && reply.retry === undefined) return reply.problem.message
    waits(reply.problem?.message ?? 'The connection broke off; it is made anew.')
    await pause(AGAIN)
    signal.throwIfAborted()
  }
}
