/**
 * From one view into the next the map that both are about grows, or shrinks, into its new place, where the browser
 * knows how to; where motion is not wanted the next view is there at once.
 */
import { tick } from 'svelte'

export function zoomed(change: () => void): void {
  const still = matchMedia('(prefers-reduced-motion: reduce)').matches
  if (still || !('startViewTransition' in document)) {
    change()
    return
  }
  const { ready, finished } = document.startViewTransition(async () => {
    change()
    await tick()
  })
  // One that is overtaken by the next says so; the views have changed all the same.
  for (const promise of [ready, finished]) promise.catch(() => undefined)
}
