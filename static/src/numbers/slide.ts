/** A slider's way through a range: even steps where it is short, equal factors where it is long. */

const LONG = 200

export type Range = { low: number; high: number; whole: boolean }

export const STEPS = 240

export function toSlide(value: number, { low, high }: Range): number {
  const inside = Math.min(high, Math.max(low, value))
  if (high - low <= LONG) return (STEPS * (inside - low)) / (high - low)
  return (STEPS * Math.log(inside / low)) / Math.log(high / low)
}

/** On a long way numbers are round ones: at most two digits and then noughts, and powers of two. */
export function fromSlide(position: number, { low, high, whole }: Range): number {
  const share = position / STEPS
  if (high - low <= LONG) {
    const value = low + share * (high - low)
    return whole ? Math.round(value) : Number(value.toPrecision(2))
  }
  const value = low * (high / low) ** share
  const power = 2 ** Math.round(Math.log2(value))
  if (Math.abs(value - power) / power < 0.04) return Math.min(high, Math.max(low, power))
  return Math.min(high, Math.max(low, Math.round(Number(value.toPrecision(2)))))
}
