// What a screen of a lesson is called on the phone.
const MOST = 120

/** A text on one line, cut where it is too long for the phone. */
export function short(text: string, most = MOST): string {
  const line = text.replace(/\s+/g, ' ').trim()
  return line.length <= most ? line : `${line.slice(0, most - 1).trimEnd()}…`
}

/** Its heading, else what its figure is said to show, else how it begins. */
export function nameOf(screen: HTMLElement | undefined): string {
  const part = screen?.querySelector('h1, h2, h3, figcaption') ?? screen?.querySelector('p, li') ?? screen
  const copy = part?.cloneNode(true) as HTMLElement | undefined
  // A formula is set twice, for eyes and for ears; and the link of a caption is no part of what it says.
  const beside = copy?.matches('figcaption') ? ', a' : ''
  copy?.querySelectorAll(`.katex-html, annotation, button${beside}`).forEach((one) => one.remove())
  return short(copy?.textContent ?? '')
}
