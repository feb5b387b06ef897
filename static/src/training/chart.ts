/** The losses of a run as columns for a chart, and the bounds of its axes. */
import type { Frame } from './types'

/** What lies beyond these would press all else together: a fit gone wild, a loss of nothing. */
const LEAST = 1e-4
const MOST = 1e4

export type Columns = [number[], ...(number | null)[][]]

/** Exactly, which `**` is not. */
const power = (exponent: number): number => Number(`1e${exponent}`)

const positive = (x: number | null): number | null => (x === null ? null : Math.max(x, LEAST / 1e3))

/** x, then training and validation of the run, then of its control; to the frame that is looked at. */
export function columnsOf(frames: readonly Frame[], at: number): Columns {
  const seen = frames.slice(0, at + 1)
  return [
    seen.map((frame) => frame.at),
    seen.map(({ run }) => positive(run.train)),
    seen.map(({ run }) => positive(run.validation)),
    seen.map(({ control }) => positive(control.train)),
    seen.map(({ control }) => positive(control.validation)),
  ]
}

/** The whole run's, so that the axis stands still while it comes. */
export function lengthOf(frames: readonly Frame[]): number {
  const [first, second] = frames
  if (!first) return 1
  return second ? first.at + (second.at - first.at) * first.steps : Math.max(1, first.steps)
}

/** Powers of ten around all that has come. */
export function boundsOf(frames: readonly Frame[]): [number, number] {
  let [least, most] = [Infinity, -Infinity]
  for (const { run, control } of frames)
    for (const { train, validation } of [run, control])
      for (const x of [train, validation])
        if (x !== null && x > 0) [least, most] = [Math.min(least, x), Math.max(most, x)]
  if (least > most) return [0.01, 1]
  const low = power(Math.floor(Math.log10(Math.max(LEAST, Math.min(least, MOST / 10)))))
  const high = power(Math.ceil(Math.log10(Math.min(MOST, Math.max(most, 10 * low)))))
  return [low, Math.max(high, 10 * low)]
}
