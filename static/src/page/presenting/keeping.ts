/** Where a lesson's ink lasts: in this browser's storage, and nowhere else. */
import { read, type Ink } from './ink'
import { INK as KEY } from './kept'

export function keptInk(): Ink {
  try {
    return read(localStorage.getItem(KEY))
  } catch {
    return []
  }
}

export function keepInk(ink: Ink): void {
  try {
    if (ink.length) localStorage.setItem(KEY, JSON.stringify(ink))
    else localStorage.removeItem(KEY)
  } catch {
    // Storage may be full or switched off; the ink then lasts as long as the page.
  }
}
