/** How a number is written for people. The same rules as app/core/numbers.py, digit for digit. */

const DIGITS = 4
const SMALLEST_PLAIN = 1e-3
const LARGEST_PLAIN = 1e6

export const MINUS = '\u2212'
export const MISSING = '\u2013'

/** 0.7311, −0.5312, 12346, 1e−5; an en dash for none. */
export function formatNumber(x: number | null | undefined, digits = DIGITS): string {
  if (x === null || x === undefined || Number.isNaN(x)) return MISSING
  if (!Number.isFinite(x)) return x > 0 ? '\u221e' : `${MINUS}\u221e`
  if (x === 0) return '0'
  const [mantissa = '0', power = '0'] = tiesToEven(x, digits)
    .toExponential(digits - 1)
    .split('e')
  const exponent = Number(power)
  const decimals = Math.max(0, digits - 1 - exponent)
  // toFixed knows 100 decimals; a number that needs more is written with a power anyway.
  const whole = decimals > 100 ? '0' : tiesToEven(x, orderOf(x) + 1 + decimals).toFixed(decimals)
  // Whether a power of ten is needed is asked of the rounded number: 0.00099999 is 0.001.
  const rounded = Math.abs(Number(whole))
  const text =
    SMALLEST_PLAIN <= rounded && rounded < LARGEST_PLAIN
      ? withoutTrailingZeros(whole)
      : `${withoutTrailingZeros(mantissa)}e${exponent}`
  return text.replaceAll('-', MINUS)
}

/** The number with as many of its four digits as fit into `length` characters. */
export function shortNumber(x: number | null | undefined, length: number): string {
  let text = formatNumber(x)
  for (let digits = DIGITS - 1; x && text.length > length && digits >= 1; digits--) {
    if (Math.abs(x) < 10 ** (length - 1)) {
      text = formatNumber(x, digits)
    } else {
      const [mantissa = '', power] = tiesToEven(x, digits)
        .toExponential(digits - 1)
        .split('e')
      text = `${withoutTrailingZeros(mantissa)}e${Number(power)}`.replaceAll('-', MINUS)
    }
  }
  return text
}

const orderOf = (x: number): number => Number(x.toExponential(20).split('e')[1])

/**
 * Python rounds 2.0625 to the even 2.062, JavaScript up to 2.063. Where a number lies right between two
 * roundings and the one nearer to zero is even, take it a hair nearer to zero.
 */
function tiesToEven(x: number, significant: number): number {
  const digits = Math.abs(x)
    .toExponential(40)
    .replace(/\.|e.*/g, '')
  const tie = significant > 0 && /^50*$/.test(digits.slice(significant))
  return tie && Number(digits[significant - 1]) % 2 === 0 ? x * (1 - 2 ** -40) : x
}

function withoutTrailingZeros(digits: string): string {
  return digits.includes('.') ? digits.replace(/0+$/, '').replace(/\.$/, '') : digits
}

/** "scalar", "3", "10 × 3072". */
export function formatShape(shape: readonly number[]): string {
  return shape.length ? shape.join(' \u00d7 ') : 'scalar'
}

/** "vector of 3", "10 × 3072": where there is no number to show. */
export const formatTensor = (shape: readonly number[]): string =>
  shape.length === 1 ? `vector of ${shape[0]}` : formatShape(shape)

/** A number or nested list as one types it, with all its digits. */
export function editable(value: unknown): string {
  return JSON.stringify(value)?.replaceAll(',', ', ') ?? ''
}
