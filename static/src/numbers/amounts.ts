/** How large numbers are written: 102.8M beside a bar, every digit in a table. */

const SCALES: readonly [number, string][] = [
  [1e12, 'T'],
  [1e9, 'G'],
  [1e6, 'M'],
  [1e3, 'k'],
]

/** 61.1M, 15.5G, 612: three or four digits at most. */
export function short(amount: number): string {
  for (const [size, letter] of SCALES) {
    // What rounds up to the next letter takes that letter.
    if (amount >= size * 0.99995) return `${(amount / size).toFixed(1).replace(/\.0$/, '')}${letter}`
  }
  return String(amount)
}

export const shortBytes = (bytes: number): string =>
  bytes < 1000 ? `${bytes} B` : `${spaced(short(bytes))}B`

const spaced = (text: string): string => text.replace(/([A-Za-z])$/, '\u00a0$1')

/** 138,357,544 */
export const whole = (amount: number): string => amount.toLocaleString('en-US')

/** 64 × 224 × 224 */
export const size = (shape: readonly number[] | null): string => shape?.join('\u2009×\u2009') ?? '–'

/** One number where both sides are the same: 7, or 3 × 5. */
export const both = (pair: readonly number[] | null | undefined): string =>
  !pair ? '–' : pair[0] === pair[1] ? String(pair[0]) : pair.join('\u2009×\u2009')
