/** How a number is written for people. The same rules as app/core/numbers.py, digit for digit. */

const DIGITS = 4
const SMALLEST_PLAIN = 1e-3
const LARGEST_PLAIN = 1e6

export const MINUS = '\u2212'
const TIMES = '\u00d7'
const SIGNS = '-0123456789'
const RAISED = '⁻⁰¹²³⁴⁵⁶⁷⁸⁹'
const POWER = new RegExp(`\\s*(${TIMES}?)\\s*10([${RAISED}]+)`)
/** Of a raised digit, in usual ones. */
const RAISED_WIDTH = 0.7
export const MISSING = '\u2013'

/** 0.7311, −0.5312, 12346, 1×10⁻⁵; an en dash for none. */
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
  return SMALLEST_PLAIN <= rounded && rounded < LARGEST_PLAIN
    ? signed(withoutTrailingZeros(whole))
    : withPower(mantissa, exponent)
}

/** An exponent: 10⁻⁵. */
export const raised = (exponent: number): string =>
  String(exponent).replace(/[-\d]/g, (sign) => RAISED[SIGNS.indexOf(sign)]!)

const signed = (digits: string): string => digits.replace('-', MINUS)

const withPower = (mantissa: string, exponent: number): string =>
  `${signed(withoutTrailingZeros(mantissa))}${TIMES}10${raised(exponent)}`

/** A number as it is typed: 1.8e-5 for 1.8×10⁻⁵. */
export const typed = (text: string): string =>
  text.replace(POWER, (_, times: string, exponent: string) => {
    const power = exponent.replace(/./g, (sign) => SIGNS[RAISED.indexOf(sign)]!)
    return `${times ? '' : '1'}e${power}`
  })

/** How wide a number is, in usual characters: the digits of an exponent are smaller. */
export function breadth(text: string): number {
  let wide = 0
  for (const character of text) wide += RAISED.includes(character) ? RAISED_WIDTH : 1
  return wide
}

/**
 * The number with as many of its four digits as fit into the breadth of `length` characters. A power of ten
 * with a single one may be broader, and a whole number by its sign.
 */
export function shortNumber(x: number | null | undefined, length: number): string {
  let text = formatNumber(x)
  if (text.length <= length + 1 && /^\d+$/.test(text.slice(1))) return text
  for (let digits = DIGITS - 1; x && breadth(text) > length && digits >= 1; digits--) {
    if (Math.abs(x) < 10 ** (length - 1)) {
      text = formatNumber(x, digits)
    } else {
      const [mantissa = '', power] = tiesToEven(x, digits)
        .toExponential(digits - 1)
        .split('e')
      text = withPower(mantissa, Number(power))
    }
  }
  return breadth(text) > length ? text.replace(`1${TIMES}10`, '10') : text
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

/** Characters between two gates. */
const WIRE = 8.4

/** The number as it stands on a wire: what has a power of ten with fewer digits, for the gates are near. */
export function besideWire(x: number | null | undefined): string {
  const text = formatNumber(x)
  return RAISED.includes(text.at(-1)!) ? shortNumber(x, WIRE) : text
}
