/** Undo and redo: what was, what is, what will be again. */

export type History<T> = { past: T[]; present: T; future: T[]; kind: string; at: number }

const PAUSE_MILLISECONDS = 900
const MOST = 200

export const begin = <T>(present: T): History<T> => ({ past: [], present, future: [], kind: '', at: 0 })

/** A new present. Edits of one kind in one breath (typing, dragging) are undone together. */
export function edit<T>(history: History<T>, present: T, kind: string, at: number): History<T> {
  const breath = kind !== '' && history.kind === kind && at - history.at < PAUSE_MILLISECONDS
  const past = breath ? history.past : [...history.past, history.present].slice(-MOST)
  return { past, present, future: [], kind, at }
}

export function undo<T>(history: History<T>): History<T> {
  const present = history.past.at(-1)
  if (present === undefined) return history
  return {
    past: history.past.slice(0, -1),
    present,
    future: [history.present, ...history.future],
    kind: '',
    at: 0,
  }
}

export function redo<T>(history: History<T>): History<T> {
  const [present, ...future] = history.future
  if (present === undefined) return history
  return { past: [...history.past, history.present], present, future, kind: '', at: 0 }
}
