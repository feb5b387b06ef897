/** Values by dragging and by arrow keys: how far a hand's movement goes, and no digits that were not meant. */

/** The place value that one pixel or one key press counts: tenths for most numbers, finer for small ones. */
export function stepOf(value: number): number {
  const size = Math.abs(value)
  if (size >= 1000) return 10
  if (size >= 100) return 1
  if (size >= 0.5 || size === 0) return 0.1
  return 10 ** (Math.floor(Math.log10(size)) - 1)
}

/** `steps` steps on from a value, rounded to the step's own digits: 0.1 + 0.2 is 0.3. */
export function moved(value: number, steps: number, step = stepOf(value)): number {
  const digits = Math.max(0, Math.min(12, -Math.floor(Math.log10(step) + 1e-9)))
  const finer = Math.max(digits, decimalsOf(value))
  return Number((value + steps * step).toFixed(finer)) + 0
}

function decimalsOf(value: number): number {
  const [, decimals = ''] = String(value).split('.')
  return /e/.test(decimals) ? 12 : Math.min(12, decimals.length)
}
