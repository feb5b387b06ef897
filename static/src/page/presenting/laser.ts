/** A pointer that leaves a short trail and goes when the hand rests. */

/** A place on a screen of the lesson: which one, and the shares of its width and height. */
export type Spot = { screen: number; x: number; y: number }

/** Where the pointer was in this window, in CSS pixels, and when, in milliseconds. */
export type Passed = { x: number; y: number; time: number }

/** In milliseconds: how long the trail is, how long the dot rests, and how long it then fades. */
export const TRAIL = 350
export const REST = 1500
export const FADE = 400
const MOST = 64

type Box = Pick<DOMRect, 'left' | 'top' | 'width' | 'height'>

/** A place in a box, as shares of it; null outside of it, or where the box is empty. */
export function shareOf(box: Box, x: number, y: number): { x: number; y: number } | null {
  const share = { x: (x - box.left) / box.width, y: (y - box.top) / box.height }
  const inside = [share.x, share.y].every((part) => part >= 0 && part <= 1)
  return inside ? share : null
}

/** Where a share of a box is. */
export const placeOf = (box: Box, { x, y }: { x: number; y: number }): { x: number; y: number } => ({
  x: box.left + x * box.width,
  y: box.top + y * box.height,
})

/** What of a way is still seen at a time: the newest place, and those of the trail. */
export const trailing = (way: readonly Passed[], now: number): Passed[] =>
  way.filter(({ time }, place) => place === way.length - 1 || now - time < TRAIL).slice(-MOST)

/** How much of the dot is seen: all of it, then less, then nothing. */
export const glow = (rested: number, still: boolean): number =>
  rested < REST ? 1 : still ? 0 : Math.max(0, 1 - (rested - REST) / FADE)
