/** The keys, as in reveal.js: a clicker sends PageDown and PageUp, and `.` for a blank screen. */

export type Command =
  | 'next'
  | 'back'
  | 'skip'
  | 'skip-back'
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
  | 'page-before'
  | 'page-after'
  | 'tab'
  | 'speaker'
  | 'laser'
  | 'pen'
  | 'eraser'
  | 'overview'
  | 'timer'
  | 'clicker'

type Pressed = Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'altKey' | 'shiftKey'>

const PLAIN: Record<string, Command> = {
  ArrowRight: 'next',
  ArrowDown: 'next',
  PageDown: 'skip',
  n: 'next',
  ArrowLeft: 'back',
  ArrowUp: 'back',
  PageUp: 'skip-back',
  ' ': 'play',
  Home: 'start',
  End: 'end',
  a: 'all',
  f: 'fullscreen',
  b: 'blank',
  '.': 'blank',
  p: 'projector',
  t: 'theme',
  s: 'speaker',
  l: 'laser',
  d: 'pen',
  e: 'eraser',
  o: 'overview',
  c: 'clicker',
  Escape: 'leave',
  '?': 'help',
  '[': 'page-before',
  ']': 'page-after',
  ...Object.fromEntries(Array.from('123456789', (digit) => [digit, 'tab' as const])),
}

/**
 * A clicker's keys and the space bar are the player's where a page is shown to others; elsewhere they scroll,
 * as on any page, but for the space bar while the focus is in a player.
 */
export function scrolls(
  { target, key }: Pick<KeyboardEvent, 'target' | 'key'>,
  presenting: boolean,
): boolean {
  if (presenting) return false
  return /^Page/.test(key) || (key === ' ' && !(target as Partial<Element> | null)?.closest?.('.player'))
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

export type KeyRow = readonly [keys: string, says: string]

const PLAYING: readonly KeyRow[] = [
  ['→ N', 'one step forward'],
  ['←', 'one step back'],
  ['PageDown PageUp', 'on the projector: a step, or on a long way to the end of a row or a map'],
  ['Space', 'on the projector, or in the player: play or pause'],
  ['Home, End', 'to the start, to the end'],
]
const SHOWING: readonly KeyRow[] = [
  ['F', 'full screen'],
  ['P', 'projector: large, without controls'],
  ['B or .', 'blank screen'],
  ['T', 'light or dark'],
  ['[ ]', 'to the page before, to the next'],
  ['1 to 9', 'to a tab, by its place'],
]
/* Where a lesson is presented, time matters more than looks. */
const TIMING: KeyRow = ['T', 'light or dark; on the projector: the time since the start, T again pauses it']
const LEAVING: readonly KeyRow[] = [
  ['Esc', 'leave'],
  ['?', 'this list'],
]
const EDITING: KeyRow = ['Ctrl+Z, Ctrl+Shift+Z', 'undo, redo']

/** What the list shows on each page, in this order. */
export const LISTS = {
  expression: [
    ...PLAYING,
    ['A', 'all of the graph'],
    ...SHOWING,
    EDITING,
    ['Tab, then arrows', 'walk through the graph along its wires'],
    ['Enter', 'on a gate or wire: add a gate there; on an input: change its value'],
    ['C', 'on a node: lead its value into another gate'],
    ['↑ ↓', 'in a value: change it, by more with Shift, by less with Alt; or drag it sideways'],
    ['Delete', 'on a node or wire: take it out'],
    ...LEAVING,
  ],
  convolution: [
    ...PLAYING,
    ...SHOWING,
    EDITING,
    ['Tab, then arrows', 'on a map: walk from cell to cell; on a weight: from weight to weight'],
    ...LEAVING,
  ],
  lesson: [
    ['PageDown PageUp', 'on the projector: a step of the figure, then the next screen'],
    ['Home, End', 'on the projector: the first screen, the last'],
    ['S', "the speaker's window: the screen, notes, what comes next, the time"],
    ['L', 'on the projector: a laser, from either window'],
    ['D E', 'on the projector: draw with a pen, erase strokes; what is drawn is printed too'],
    ['Ctrl+Z', 'while drawing or erasing: undo'],
    ['O', 'on the projector: all screens; arrows and Enter choose one'],
    ['C', 'on the projector: a code that makes a phone the clicker and the pointer'],
    ...SHOWING.map((row): KeyRow => (row[0] === 'T' ? TIMING : row)),
    ...LEAVING,
  ],
  network: [
    ...PLAYING,
    ...SHOWING,
    EDITING,
    ['Tab, then Enter', 'on a layer: look at it; on a block: open it or close it'],
    ['← → Home End', 'in the drawing: from layer to layer'],
    ['Alt+← Alt+→', 'on a layer: move it'],
    ['Delete', 'on a layer: take it out'],
    ...LEAVING,
  ],
} satisfies Record<string, readonly KeyRow[]>

const projected = (): boolean => 'projector' in document.documentElement.dataset
const ARROW = /^Arrow/
/* PageUp and PageDown are a clicker's, whatever it was that was touched last. */
const SLIDES = /^(Arrow|Home|End)/

/**
 * Whether a key belongs to what is being written, chosen or slid. In the player they are the page's own,
 * so that a clicker goes on after it was touched.
 */
export function writing({ target, key }: Pick<KeyboardEvent, 'target' | 'key'>): boolean {
  if (!(target instanceof HTMLElement)) return false
  if (target.tagName === 'SUMMARY') return key === ' '
  if (target.isContentEditable || /^(TEXTAREA|SELECT)$/.test(target.tagName)) return true
  if (!(target instanceof HTMLInputElement) || target.type === 'button') return false
  // The space bar ticks a box and chooses what is not yet chosen; nothing else is meant by it there.
  if (target.type === 'checkbox') return key === ' '
  if (target.type === 'radio' && key === ' ') return !target.checked
  if (target.type !== 'radio' && target.type !== 'range') return true
  const own = target.type === 'radio' || projected() ? ARROW : SLIDES
  return !target.closest('.player') && own.test(key)
}
