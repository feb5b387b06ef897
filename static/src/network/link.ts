/** The whole setting as a link. */
import type { Asked } from './types'

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
