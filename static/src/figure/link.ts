/** A question as a link, as app/core/links.py spells it. */
import { pack } from './packing'

const LONG_TEXT = 2000

/** What stands behind the `?`. Text stands as it is, what is a network goes packed, all else is JSON. */
export async function queryOf(asked: Record<string, unknown>): Promise<string> {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(asked)) {
    if (value === null || value === undefined) continue
    if (name === 'network') query.set(name, await pack(value))
    else if (typeof value !== 'string') query.set(name, JSON.stringify(value))
    else if (value.length > LONG_TEXT) query.set(`packed_${name}`, await pack(value))
    else query.set(name, value)
  }
  return query.toString()
}
