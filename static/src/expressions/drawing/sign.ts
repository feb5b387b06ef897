import { MINUS, raised } from '../../numbers/format'

/** What stands in a gate, as it is written by hand. */
export function signOf(gate: string): string {
  const power = /^\^(-?\d+)$/.exec(gate)
  return power ? `x${raised(Number(power[1]))}` : gate.replace(/^\*/, '×').replaceAll('-', MINUS)
}

const LONGEST = 24

/** A name or label as it fits into the room that the layout has left for it. */
export const shortened = (label: string): string =>
  label.length <= LONGEST ? label : label.slice(0, LONGEST - 1) + '…'
