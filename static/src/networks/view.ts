/** Things that are walked and scrolled: one stop of the keyboard a group, and edges that say that more follows. */

const STEPS: Record<string, (at: number, last: number) => number> = {
  ArrowRight: (at) => at + 1,
  ArrowDown: (at) => at + 1,
  ArrowLeft: (at) => at - 1,
  ArrowUp: (at) => at - 1,
  Home: () => 0,
  End: (_, last) => last,
}

/**
 * Where a window goes so that a part comes into view, which stays where it is if it shows the part with something
 * around it: its new start, or null.
 */
export function seen(
  part: readonly [number, number],
  start: number,
  room: number,
  around: number,
): number | null {
  const [from, to] = part
  if (from > start + around && to < start + room - around) return null
  return (from + to - room) / 2
}

/** Of many things of a kind the keyboard stops at one; arrows lead to the others: `{@attach roving('button')}`. */
export const roving =
  (selector: string) =>
  (element: HTMLElement): (() => void) => {
    let held: HTMLElement | null = null
    const all = (): HTMLElement[] => [...element.querySelectorAll<HTMLElement>(selector)]
    function settle(): void {
      const items = all()
      const stop = held && items.includes(held) ? held : items[0]
      for (const item of items) item.tabIndex = item === stop ? 0 : -1
    }
    function focused(event: FocusEvent): void {
      const item = (event.target as Element).closest<HTMLElement>(selector)
      if (!item) return
      held = item
      settle()
    }
    function keydown(event: KeyboardEvent): void {
      const items = all()
      const at = items.indexOf((event.target as Element).closest<HTMLElement>(selector)!)
      const step = STEPS[event.key]
      if (at < 0 || !step || event.altKey || event.ctrlKey || event.metaKey) return
      event.preventDefault()
      event.stopPropagation()
      const last = items.length - 1
      items[Math.min(last, Math.max(0, step(at, last)))]!.focus()
    }
    const watch = new MutationObserver(settle)
    watch.observe(element, { childList: true, subtree: true })
    element.addEventListener('focusin', focused)
    element.addEventListener('keydown', keydown)
    settle()
    return () => {
      watch.disconnect()
      element.removeEventListener('focusin', focused)
      element.removeEventListener('keydown', keydown)
    }
  }

/** What scrolls sideways says on which side more follows: `data-more` is "left", "right" or both. */
export function goesOn(element: HTMLElement): () => void {
  function look(): void {
    const rest = element.scrollWidth - element.clientWidth - element.scrollLeft
    const sides = [element.scrollLeft > 1 ? 'left' : '', rest > 1 ? 'right' : '']
    element.dataset.more = sides.filter(Boolean).join(' ')
  }
  // It tells the present size too, when the frame has been laid out anyway.
  const watch = new ResizeObserver(look)
  watch.observe(element)
  for (const child of element.children) watch.observe(child)
  element.addEventListener('scroll', look, { passive: true })
  return () => {
    watch.disconnect()
    element.removeEventListener('scroll', look)
  }
}
