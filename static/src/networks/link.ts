/** The whole setting as a link. */
import { pack } from '../figure/packing'
import type { Asked, DeepStack } from './types'

const LONG_SOURCE = 2000
/** What a server takes as an address, with some room for the rest of it. */
const MOST_LETTERS = 30_000

/** The network's part of a link; null if it is too long for one. */
export async function networkQuery(asked: Asked): Promise<Record<string, string> | null> {
  const query: Record<string, string> = {}
  if (asked.architecture) query.architecture = asked.architecture
  if (asked.stride_on) query.stride_on = asked.stride_on
  if (asked.source !== undefined) {
    if (asked.source.length > LONG_SOURCE) query.packed_source = await pack(asked.source)
    else query.source = asked.source
    if (asked.input) query.input = asked.input.join(',')
  }
  if (asked.network) query.network = await pack(asked.network)
  const letters = (query.packed_source ?? '').length + (query.network ?? '').length
  return letters > MOST_LETTERS ? null : query
}

export async function toQuery(asked: Asked, rest: Record<string, string | null>): Promise<string> {
  const query = new URLSearchParams((await networkQuery(asked)) ?? {})
  for (const [name, value] of Object.entries(rest)) if (value !== null) query.set(name, value)
  return query.toString()
}

export const STACK: DeepStack = {
  blocks: 10,
  width: 16,
  residual: false,
  batch_norm: false,
  initialisation: 'pytorch',
  seed: 0,
}

/** What of a stack is not as it is by itself. */
export function stackQuery(stack: DeepStack): Record<string, string | null> {
  const keys = Object.keys(STACK) as (keyof DeepStack)[]
  return Object.fromEntries(keys.map((key) => [key, stack[key] === STACK[key] ? null : String(stack[key])]))
}

/** A stack from a link; what it says wrongly stays as it is by itself. */
export function stackOf(query: URLSearchParams): DeepStack {
  const whole = (name: string, low: number, high: number, fallback: number): number => {
    const text = query.get(name)
    return text && /^\d{1,9}$/.test(text) ? Math.min(high, Math.max(low, Number(text))) : fallback
  }
  return {
    blocks: whole('blocks', 1, 50, STACK.blocks),
    width: whole('width', 1, 64, STACK.width),
    residual: query.get('residual') === 'true',
    batch_norm: query.get('batch_norm') === 'true',
    initialisation: query.get('initialisation') === 'he' ? 'he' : 'pytorch',
    seed: whole('seed', 0, 1e9, STACK.seed),
  }
}
