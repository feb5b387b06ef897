/** The keys, as in reveal.js: a clicker sends PageDown and PageUp, and `.` for a blank screen. */

export type Command =
  | 'next'
  | 'back'
  | 'play'
  | 'start'
  | 'end'
  | 'all'
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
  a: 'all',
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
  ['→ PageDown N', 'one step forward'],
  ['← PageUp', 'one step back'],
  ['Space', 'play or pause'],
  ['Home, End', 'to the start, to the end'],
  ['A', 'all of the graph'],
  ['F', 'full screen'],
  ['P', 'projector: large, without controls'],
  ['B or .', 'blank screen'],
  ['T', 'light or dark'],
  ['Ctrl+Z, Ctrl+Shift+Z', 'undo, redo'],
  ['Tab, then arrows', 'walk through the graph along its wires'],
  ['Enter', 'on a gate or wire: add a gate there; on an input: change its value'],
  ['C', 'on a node: lead its value into another gate'],
  ['↑ ↓', 'in a value: change it, by more with Shift, by less with Alt; or drag it sideways'],
  ['Delete', 'on a node or wire: take it out'],
  ['Esc', 'leave'],
  ['?', 'this list'],
]

/** Where keys belong to what is being written or chosen. On the player's slider they are the page's own. */
export function writing(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false
  if (target.isContentEditable || /^(TEXTAREA|SELECT)$/.test(target.tagName)) return true
  return target instanceof HTMLInputElement && !/^(radio|checkbox|button|range)$/.test(target.type)
}
