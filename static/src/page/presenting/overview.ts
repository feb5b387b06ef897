/** All screens of a lesson, small. */

/** In CSS pixels: a hand's touch and a number fit into it. */
const NARROWEST = 120

/** How many stand in a row, so that all fit into a window, whose shape they have. */
export const columnsOf = (count: number, width: number): number =>
  Math.max(1, Math.min(Math.ceil(Math.sqrt(count)), Math.floor(width / NARROWEST)))

/** Where a key leads to among so many in rows of so many; null for any other key. */
export function led(key: string, at: number, count: number, columns: number): number | null {
  const steps: Record<string, number> = {
    ArrowRight: 1,
    PageDown: 1,
    ArrowLeft: -1,
    PageUp: -1,
    ArrowDown: columns,
    ArrowUp: -columns,
    Home: -at,
    End: count - 1 - at,
  }
  const step = steps[key]
  if (step === undefined) return null
  const to = at + step
  return to >= 0 && to < count ? to : at
}

/** What names, marks or runs something in a document that has the original too. */
const OWN = ['id', 'name', 'for', 'tabindex', 'data-alive']

/** A picture of a screen: its elements once more, and what is painted in them. */
export function picture(screen: HTMLElement): HTMLElement {
  const copy = screen.cloneNode(true) as HTMLElement
  const painted = [...screen.querySelectorAll('canvas')]
  for (const [place, canvas] of [...copy.querySelectorAll('canvas')].entries()) {
    const from = painted[place]
    if (from?.width && from.height) canvas.getContext('2d')?.drawImage(from, 0, 0)
  }
  for (const script of copy.querySelectorAll('script')) script.remove()
  for (const element of [copy, ...copy.querySelectorAll('*')])
    for (const name of OWN) element.removeAttribute(name)
  copy.classList.add('on-screen')
  return copy
}
