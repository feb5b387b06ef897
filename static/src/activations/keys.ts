/** What the list of keys shows on this page: those of the view, then those of all. */
import type { KeyRow } from '../page/keys'
import type { View } from './types'

const PLAYING: readonly KeyRow[] = [
  ['Space', 'on the projector, or in the player: play or pause'],
  ['Home, End', 'to the start, to the end'],
]
const SCROLLING: KeyRow = ['PageDown PageUp', 'down, up']
const CLICKER: KeyRow = ['PageDown PageUp', 'on the projector: one step forward, back']
const ON_A_MAP: KeyRow = ['On a map ← → ↑ ↓', 'to the next pixel, with Shift by eight']

const VIEWS: Readonly<Record<View, readonly KeyRow[]>> = {
  overview: [
    ['→ N', 'one layer forward, then back'],
    ['←', 'one step back'],
    CLICKER,
    ...PLAYING,
    ['Tab, then ← →', 'walk from layer to layer'],
    ['↑ ↓', 'in a layer: from channel to channel, with Shift by a row'],
    ['Enter', 'open the layer'],
    ['A', 'all maps, or the strongest again'],
    ['+ −', 'in a layer: unfold all its maps, fold them again'],
    ['Ctrl+V', 'look at the picture that was copied'],
  ],
  layer: [
    ['→ N', 'the kernel goes one pixel on'],
    ['←', 'one pixel back'],
    [
      'PageDown PageUp',
      'on the projector: to the first pixel, the end of its row, of the map, the next filter',
    ],
    ...PLAYING,
    ON_A_MAP,
    ['Enter', 'on the large map: open this pixel'],
  ],
  unit: [ON_A_MAP, ['Enter', 'on a number: to where it comes from'], SCROLLING],
  looks: [SCROLLING],
  why: [['On the gray patch ← → ↑ ↓', 'move it, with Shift by one pixel'], SCROLLING],
}

const ALWAYS: readonly KeyRow[] = [
  ['Ctrl+Z, Ctrl+Shift+Z', 'undo, redo; of a drawing its strokes first'],
  ['F', 'full screen'],
  ['P', 'projector: large, without controls'],
  ['B or .', 'blank screen'],
  ['T', 'light or dark'],
  ['[ ]', 'to the page before, to the next'],
  ['1 to 9', 'to a view, by its place'],
  ['Esc', 'up: from a pixel to its map, to the network, then leave'],
  ['?', 'this list'],
]

export const keysOf = (view: View): readonly KeyRow[] => [...VIEWS[view], ...ALWAYS]
