/** The whole setting as a link. */
import type { Asked, DeepStack } from './types'

/** JSON, deflated, in the letters that an address may have. */
export async function pack(value: unknown): Promise<string> {
  const stream = new Blob([JSON.stringify(value)]).stream().pipeThrough(new CompressionStream('deflate-raw'))
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer())
  let letters = ''
  for (const byte of bytes) letters += String.fromCharCode(byte)
  return btoa(letters).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')
}

export async function toQuery(asked: Asked, rest: Record<string, string | null>): Promise<string> {
  const query = new URLSearchParams()
  if (asked.architecture) query.set('architecture', asked.architecture)
  if (asked.stride_on) query.set('stride_on', asked.stride_on)
  if (asked.source !== undefined) query.set('source', asked.source)
  if (asked.source !== undefined && asked.input) query.set('input', asked.input.join(','))
  if (asked.network) query.set('network', await pack(asked.network))
  for (const [name, value] of Object.entries(rest)) if (value !== null) query.set(name, value)
  return query.toString()
}

const STACK: DeepStack = {
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
