/**
 * Time, as pure functions. The cursor t is a real number: at t = k the first k steps have happened, and
 * between k and k + 1 step k is on its way. It knows only how many steps go forward and how many in all,
 * so it plays any answer that carries steps.
 */

export type Mode = 'both' | 'forward' | 'backward'
/**
 * `milliseconds` is how long a step takes at 1×, where the answer knows better than its length says; `halts` are
 * where a clicker stops on a way that is too long to be pressed step by step.
 */
export type Track = {
  forward: number
  count: number
  milliseconds?: number
  halts?: readonly number[] | null
}
export type Range = { start: number; end: number }

export const SPEEDS = [0.5, 1, 1.5, 2, 3, 4] as const
/** The share of a step that its pulse travels; the rest is for reading. */
export const TRAVEL = 0.6

export function rangeOf(track: Track, mode: Mode): Range {
  if (mode === 'forward') return { start: 0, end: track.forward }
  if (mode === 'backward') return { start: track.forward, end: track.count }
  return { start: 0, end: track.count }
}

export const clamp = (t: number, range: Range): number => Math.min(range.end, Math.max(range.start, t))

/**
 * Where one is in the next answer: what was complete stays complete, what had come to its turn stays there, and
 * in an answer with the same steps one stays where one is.
 */
export function stayed(t: number, before: Track | null, after: Track): number {
  if (!before || t >= before.count) return after.count
  if (before.forward === after.forward && before.count === after.count) return t
  return t >= before.forward ? after.forward : Math.min(t, after.forward)
}

/** Slow enough to read, and long graphs still end within two minutes. */
export function stepMilliseconds(count: number): number {
  return Math.max(90, Math.min(1500, 120_000 / Math.max(1, count)))
}

export const paceOf = (track: Track): number => track.milliseconds ?? stepMilliseconds(track.count)

export function advance(t: number, elapsed: number, speed: number, track: Track, mode: Mode): number {
  return clamp(t + (elapsed * speed) / paceOf(track), rangeOf(track, mode))
}

/** One step on: what is under way is finished first. */
export const forwardFrom = (t: number, range: Range): number => clamp(Math.floor(t + 1e-9) + 1, range)

/** One step back: what is under way is taken back first. */
export const backFrom = (t: number, range: Range): number => clamp(Math.ceil(t - 1e-9) - 1, range)

/** The step that is under way or was the last to happen; -1 before the first. */
export const presentStep = (t: number): number => Math.ceil(t - 1e-9) - 1

/** How far the present step's pulse has come, 0 to 1, eased. */
export function travelled(t: number): number {
  const present = presentStep(t)
  if (present < 0) return 1
  const share = Math.min(1, (t - present) / TRAVEL)
  return share * share * (3 - 2 * share)
}

/** How many steps have arrived: the present one counts once its pulse has. */
export function arrived(t: number): number {
  const present = presentStep(t)
  return present < 0 ? 0 : present + (t - present >= TRAVEL ? 1 : 0)
}

/** Pressing play at the end starts again. */
export const startOf = (t: number, range: Range): number =>
  t >= range.end - 1e-9 || t < range.start ? range.start : t
