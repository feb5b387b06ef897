/** The whole setting as a link, and back. */
import type { Mistake, Nested } from '../figure/api'

export type Setting = {
  text: string
  inputs: Record<string, Nested>
  /** null: at the end, where every number is to be seen. */
  step: number | null
  mistake: Mistake | null
}

const MISTAKES: readonly string[] = ['overwrite', 'order']

export function toQuery({ text, inputs, step, mistake }: Setting): string {
  const query = new URLSearchParams()
  query.set('expression', text)
  if (Object.keys(inputs).length) query.set('inputs', JSON.stringify(inputs))
  if (step !== null) query.set('step', String(step))
  if (mistake) query.set('mistake', mistake)
  return query.toString()
}

/** Beyond this a link goes behind the `#`, which no server has to read. The same as in activations/unit/expressions.py. */
const LONGEST = 6000

/** The link on this page that a query makes. */
export const linkOf = (query: string): string => `/expression${query.length > LONGEST ? '#' : '?'}${query}`

/** What a link says; what it says wrongly is left out, since the server has said so already. */
export function fromQuery(search: string): Partial<Setting> {
  const query = new URLSearchParams(search)
  const setting: Partial<Setting> = {}
  const text = query.get('expression')
  if (text !== null) setting.text = text
  try {
    const inputs: unknown = JSON.parse(query.get('inputs') ?? 'null')
    if (inputs && typeof inputs === 'object' && !Array.isArray(inputs)) {
      setting.inputs = inputs as Record<string, Nested>
    }
  } catch {
    // Not JSON.
  }
  const step = query.get('step')
  if (step !== null && /^\d+$/.test(step)) setting.step = Number(step)
  const mistake = query.get('mistake')
  if (mistake && MISTAKES.includes(mistake)) setting.mistake = mistake as Mistake
  return setting
}

/** Whether two values have the same form, so that a drawing of one fits the other. */
export function sameForm(a: unknown, b: unknown): boolean {
  if (Array.isArray(a) !== Array.isArray(b)) return false
  if (!Array.isArray(a) || !Array.isArray(b)) return true
  return a.length === b.length && a.every((entry, i) => sameForm(entry, b[i]))
}
