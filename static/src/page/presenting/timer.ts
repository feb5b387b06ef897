/** The time since a lesson began: what ran before the last pause, and since when it runs, in milliseconds. */
export type Timer = { ran: number; since: number | null }

export const elapsed = ({ ran, since }: Timer, now: number): number =>
  ran + (since === null ? 0 : Math.max(0, now - since))

/** Starts it, pauses it, or lets it go on. */
export const pressed = (timer: Timer | null, now: number): Timer =>
  timer?.since != null ? { ran: elapsed(timer, now), since: null } : { ran: timer?.ran ?? 0, since: now }

const two = (part: number): string => String(part).padStart(2, '0')

/** Minutes and seconds. */
export const clock = (milliseconds: number): string => {
  const seconds = Math.floor(milliseconds / 1000)
  return `${two(Math.floor(seconds / 60))}:${two(seconds % 60)}`
}
