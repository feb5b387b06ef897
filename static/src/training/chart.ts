/** The curves of a run as columns for a chart, and the bounds of its axes. */
import type { Frame, Side } from './types'

/** What lies beyond these would press all else together: a fit gone wild, a loss of nothing. */
const LEAST = 1e-4
const MOST = 1e4

/** The colours of lines side by side, in their order; the last is for gradients alone. */
export const TONES = ['--ink', '--light', '--forward', '--focus', '--backward'] as const

export type Columns = [number[], ...(number | null)[][]]
export type Line = { tone: number; dashed: boolean }

/** Exactly, which `**` is not. */
const power = (exponent: number): number => Number(`1e${exponent}`)

const positive = (x: number | null): number | null => (x === null ? null : Math.max(x, LEAST / 1e3))

/** Between powers of ten nothing is written and no line drawn. */
export const isDecade = (value: number): boolean =>
  value > 0 && Math.abs(Math.log10(value) - Math.round(Math.log10(value))) < 1e-6

/** What the chart draws of one side at one moment, curve by curve. */
export const valuesOf = ({ train, validation, more }: Side): (number | null)[] => [
  train,
  validation,
  ...(more ?? []),
]

/** x, then each curve of the run, then of its control; to the frame that is looked at. */
export function columnsOf(frames: readonly Frame[], at: number, curves = 2, logarithmic = true): Columns {
  const seen = frames.slice(0, at + 1)
  const column = (side: 'run' | 'control', i: number): (number | null)[] =>
    seen.map((frame) => {
      const value = valuesOf(frame[side])[i] ?? null
      return logarithmic ? positive(value) : value
    })
  const each = Array.from({ length: curves }, (_, i) => i)
  return [
    seen.map((frame) => frame.at),
    ...each.map((i) => column('run', i)),
    ...each.map((i) => column('control', i)),
  ]
}

/** The whole run's, so that the axis stands still while it comes. */
export function lengthOf(frames: readonly Frame[]): [number, number] {
  const [first] = frames
  return first ? [first.at, Math.max(first.end, first.at + 1e-6)] : [0, 1]
}

/** Around all that has come: powers of ten, or a little more than the least and the most. */
export function boundsOf(frames: readonly Frame[], logarithmic = true): [number, number] {
  const values = frames
    .flatMap(({ run, control }) => [...valuesOf(run), ...valuesOf(control)])
    .filter((x): x is number => x !== null)
  return around(values, logarithmic)
}

/** The same of any numbers; `widest` lets a logarithmic axis go as far as they do. */
export function around(values: readonly number[], logarithmic: boolean, widest = false): [number, number] {
  let [least, most] = [Infinity, -Infinity]
  for (const x of values) if (x > 0 || !logarithmic) [least, most] = [Math.min(least, x), Math.max(most, x)]
  if (least > most) return logarithmic ? [0.01, 1] : [0, 1]
  if (!logarithmic) {
    const room = (most - least || 1) * 0.08
    return [least >= 0 && least - room < 0 ? 0 : least - room, most + room]
  }
  const [floor, ceiling] = widest ? [1e-20, 1e12] : [LEAST, MOST]
  const low = power(Math.floor(Math.log10(Math.max(floor, Math.min(least, ceiling / 10)))))
  const high = power(Math.ceil(Math.log10(Math.min(ceiling, Math.max(most, 10 * low)))))
  return [low, Math.max(high, 10 * low)]
}
