/** Scales of charts: where a value stands between two ends, and round values to mark. */

export function place(value: number, low: number, high: number, from: number, to: number): number {
  return from + ((value - low) / (high - low)) * (to - from)
}

/** Every multiple of `step` from low to high. */
export function ticks(low: number, high: number, step: number): number[] {
  const first = Math.ceil(low / step)
  const count = Math.floor(high / step) - first + 1
  return Array.from({ length: Math.max(0, count) }, (_, i) => (first + i) * step)
}

/** The powers of ten around some values, as exponents: what an axis on a log scale reaches. */
export function decades(values: readonly number[]): [number, number] {
  const logs = values.filter((value) => value > 0).map(Math.log10)
  if (!logs.length) return [-1, 0]
  const [low, high] = [Math.floor(Math.min(...logs)), Math.ceil(Math.max(...logs))]
  return low === high ? [low, low + 1] : [low, high]
}

/** How far apart marks on so many decades stand, so that there are nine at most. */
export const decadeStep = (span: number): number =>
  [1, 2, 5, 10, 20, 50].find((step) => span / step <= 8) ?? 100
