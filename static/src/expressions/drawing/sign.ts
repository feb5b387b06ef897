/** What stands in a gate, as it is written by hand. */
export function signOf(gate: string): string {
  return gate.replace(/^\*/, '×').replace(/^\^2$/, 'x²').replace(/^\^3$/, 'x³').replaceAll('-', '−')
}

const LONGEST = 24

/** A name or label as it fits into the room that the layout has left for it. */
export const shortened = (label: string): string =>
  label.length <= LONGEST ? label : label.slice(0, LONGEST - 1) + '…'
