/** What the list of keys shows on this page. */
export const KEYS: readonly (readonly [keys: string, says: string])[] = [
  ['→ PageDown N', 'one layer forward, then back'],
  ['← PageUp', 'one step back'],
  ['Space', 'play or pause'],
  ['Home, End', 'to the start, to the end'],
  ['Tab, then ← →', 'walk from layer to layer'],
  ['↑ ↓', 'in a layer: from channel to channel, with Shift by a row'],
  ['Enter', 'open the layer'],
  ['A', 'all of the network'],
  ['Ctrl+Z', 'take back the last stroke of a drawing'],
  ['Ctrl+V', 'look at the picture that was copied'],
  ['F', 'full screen'],
  ['P', 'projector: large, without controls'],
  ['B or .', 'blank screen'],
  ['T', 'light or dark'],
  ['Esc', 'leave'],
  ['?', 'this list'],
]
