/** The drawn ink: a sheet over each block that bears strokes, stretched with it, on a wall and in print alike. */
import type { Ink, Stroke } from './ink'
import { keptInk } from './keeping'
import './ink.css'

const BLOCKS = 'p, li, h1, h2, h3, h4, pre, td, th, blockquote, .formula, [data-figure], [data-exercise]'
const WHOLE = '[data-figure], [data-exercise]'
const SVG = 'http://www.w3.org/2000/svg'

/** What strokes may be bound to: a lesson's own blocks, and figures as wholes. */
const blocks = (screen: Element): HTMLElement[] =>
  [...screen.querySelectorAll<HTMLElement>(BLOCKS)].filter((block) => !block.parentElement?.closest(WHOLE))

/** The innermost block at an element of a screen, by its place; -1 is the screen. */
export function blockAt(screen: HTMLElement, element: Element): number {
  const all = blocks(screen)
  for (let at: Element | null = element; at && at !== screen; at = at.parentElement) {
    const place = all.indexOf(at as HTMLElement)
    if (place >= 0) return place
  }
  return -1
}

export const blockOf = (screen: HTMLElement | undefined, place: number): HTMLElement | undefined =>
  screen && (place < 0 ? screen : blocks(screen)[place])

/** Draws the ink of a lesson's screens; called again, what has changed of it. */
export class Layers {
  #screens: readonly HTMLElement[]
  #outline: ((stroke: Stroke) => string) | undefined
  #sheets = new Map<string, SVGSVGElement>()
  #drawn = new Map<string, { stroke: Stroke; path: SVGPathElement }>()
  #ink: Ink = []

  constructor(screens: readonly HTMLElement[]) {
    this.#screens = screens
  }

  /** Fetches the shape of strokes, once. */
  async ready(): Promise<void> {
    this.#outline ??= (await import('./outline')).outline
    this.draw(this.#ink)
  }

  draw(ink: Ink): void {
    this.#ink = ink
    if (!this.#outline) {
      if (ink.length) void this.ready()
      return
    }
    const ids = new Set(ink.map(({ id }) => id))
    for (const [id, { path }] of this.#drawn) {
      if (ids.has(id)) continue
      path.remove()
      this.#drawn.delete(id)
    }
    for (const stroke of ink) {
      const drawn = this.#drawn.get(stroke.id)
      if (drawn?.stroke === stroke) continue
      const path = drawn?.path ?? this.#sheet(stroke)?.appendChild(document.createElementNS(SVG, 'path'))
      if (!path) continue
      path.setAttribute('d', this.#outline(stroke))
      path.setAttribute('transform', `scale(${1000 / stroke.box[0]} ${1000 / stroke.box[1]})`)
      this.#drawn.set(stroke.id, { stroke, path })
    }
  }

  #sheet({ screen, block }: Stroke): SVGSVGElement | undefined {
    const name = `${screen} ${block}`
    const known = this.#sheets.get(name)
    const bearer = blockOf(this.#screens[screen], block)
    if (known || !bearer) return known
    const sheet = document.createElementNS(SVG, 'svg')
    const shape = {
      class: 'ink',
      viewBox: '0 0 1000 1000',
      preserveAspectRatio: 'none',
      'aria-hidden': 'true',
    }
    for (const [key, value] of Object.entries(shape)) sheet.setAttribute(key, value)
    const place = (): void => {
      if (sheet.parentElement !== bearer) bearer.append(sheet)
    }
    bearer.classList.add('inked')
    place()
    // A figure that comes alive clears its place.
    new MutationObserver(place).observe(bearer, { childList: true })
    this.#sheets.set(name, sheet)
    return sheet
  }
}

let layers: Layers | undefined
/** The one set of layers of this page. */
export const layersOn = (screens: readonly HTMLElement[]): Layers => (layers ??= new Layers(screens))

export const drawKept = (screens: readonly HTMLElement[]): void => layersOn(screens).draw(keptInk())
