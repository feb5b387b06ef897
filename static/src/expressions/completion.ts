/** Which ops fit what stands before the caret. */
import type { Op } from '../figure/api'

export type Completion = { op: Op; insert: string }

/** The word that is being typed, if it could become an op's name. */
export function wordBefore(text: string, caret: number): string {
  const word = /[A-Za-z_]\w*$/.exec(text.slice(0, caret))?.[0] ?? ''
  // In the middle of a word nothing is completed.
  return /^\w/.test(text.slice(caret)) ? '' : word
}

export function completions(ops: readonly Op[], word: string, most = 7): Completion[] {
  if (word.length < 1) return []
  const lower = word.toLowerCase()
  return ops
    .filter(({ name }) => /^[a-z]/.test(name) && name.startsWith(lower) && name !== lower)
    .slice(0, most)
    .map((op) => ({ op, insert: `${op.name}(` }))
}

/** The text with the word replaced, and where the caret goes. */
export function complete(text: string, caret: number, word: string, insert: string): [string, number] {
  const start = caret - word.length
  const rest = text.slice(caret)
  const call = insert.endsWith('(') && rest.startsWith('(') ? insert.slice(0, -1) : insert
  return [text.slice(0, start) + call + rest, start + call.length]
}
