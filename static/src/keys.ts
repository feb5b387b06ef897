/** The keys, as in reveal.js: a clicker sends PageDown and PageUp, and `.` for a blank screen. */

export type Command =
  | 'next'
  | 'back'
  | 'play'
  | 'start'
  | 'end'
  | 'fullscreen'
  | 'blank'
  | 'projector'
  | 'theme'
  | 'leave'
  | 'help'
  | 'undo'
  | 'redo'

type Pressed = Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'altKey' | 'shiftKey'>

const PLAIN: Record<string, Command> = {
  ArrowRight: 'next',
  ArrowDown: 'next',
  PageDown: 'next',
  n: 'next',
  ArrowLeft: 'back',
  ArrowUp: 'back',
  PageUp: 'back',
  ' ': 'play',
  Home: 'start',
  End: 'end',
  f: 'fullscreen',
  b: 'blank',
  '.': 'blank',
  p: 'projector',
  t: 'theme',
  Escape: 'leave',
  '?': 'help',
}

export function commandOf({ key, ctrlKey, metaKey, altKey, shiftKey }: Pressed): Command | null {
  if (altKey) return null
  if (ctrlKey || metaKey) {
    const letter = key.toLowerCase()
    if (letter === 'z') return shiftKey ? 'redo' : 'undo'
    return letter === 'y' ? 'redo' : null
  }
  return PLAIN[key.length === 1 ? key.toLowerCase() : key] ?? null
}

/** What the list shows, in this order. */
export const LIST: readonly (readonly [keys: string, says: string])[] = [
  ['→ PageDown', 'one step forward'],
  ['← PageUp', 'one step back'],
  ['Space', 'play or pause'],
  ['Home, End', 'to the start, to the end'],
  ['F', 'full screen'],
  ['P', 'projector: large, without controls'],
  ['B or .', 'blank screen'],
  ['T', 'light or dark'],
  ['Ctrl+Z, Ctrl+Shift+Z', 'undo, redo'],
  ['Tab, then arrows', 'walk through the graph along its wires'],
  ['Enter', 'on a gate or wire: add a gate there; on an input: change its value'],
  ['C', 'on a node: lead its value into another gate'],
  ['Delete', 'on a node or wire: take it out'],
  ['Esc', 'leave'],
  ['?', 'this list'],
]

/** Where keys belong to what is being written or chosen. */
export function writing(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false
  if (target.isContentEditable || /^(TEXTAREA|SELECT)$/.test(target.tagName)) return true
  return target instanceof HTMLInputElement && !/^(radio|checkbox|button)$/.test(target.type)
}
