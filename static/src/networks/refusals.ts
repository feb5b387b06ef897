/** Where an edit that the server did not take is to be said: at the field that it is about. */
import type { Problem } from '../figure/api'
import type { LayerField, Value } from './types'

const fieldOf = (problem: Problem | null): string => problem?.where?.field ?? ''

/** Whether it is about the sizes of what comes in. */
export const inputRefused = (problem: Problem | null): boolean => /^network\.input\b/.test(fieldOf(problem))

/** The argument that it is about, and of which layer; null if it is about none. */
export function argumentRefused(problem: Problem | null): { at: number; argument: string } | null {
  const found = /^network\.layers\.(\d+)\.layer\.(\w+)/.exec(fieldOf(problem))
  return found && { at: Number(found[1]), argument: found[2]! }
}

/** Why a value typed cannot be an argument, in words; nothing if the server may be asked. */
export function valueRefused(
  { name, control, low, high, choices }: LayerField,
  value: Value | undefined,
): string {
  if (typeof low !== 'number' || typeof high !== 'number') return ''
  const numbers = (Array.isArray(value) ? value : [value]).filter((one) => one !== null)
  const words = choices ?? []
  const fits = numbers.every((one) =>
    typeof one === 'number'
      ? one >= low && one <= high && (control !== 'whole' || Number.isInteger(one))
      : one !== undefined && words.includes(one),
  )
  if (fits) return ''
  const kind = control === 'whole' ? 'a whole number' : 'a number'
  const also = words.length ? `, or ${words.map(String).join(' or ')}` : ''
  return `${name} is ${kind} from ${low.toLocaleString('en-US')} to ${high.toLocaleString('en-US')}${also}.`
}
