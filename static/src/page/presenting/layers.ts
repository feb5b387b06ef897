/** The drawn ink: a sheet over each block that bears strokes, stretched with it, on a wall and in print alike. */
import { unframed, type Box, type Ink, type Stroke } from './ink'
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

/** The drawing of a figure that has coordinates of its own, which a camera may move. */
const drawingIn = (block: Element): SVGGElement | null => block.querySelector<SVGGElement>('[data-ink]')

/** Where the unit square of a drawing's coordinates is in the window. */
function unitOf(drawing: SVGGElement): Box | null {
  const { a, d, e, f } = drawing.getScreenCTM() ?? { a: 0, d: 0, e: 0, f: 0 }
  return a && d ? { left: e, top: f, width: a, height: d } : null
}

/** The coordinates of a drawing at a place of a block; null where there is none. */
export function drawingAt(block: Element, x: number, y: number): Box | null {
  const drawing = drawingIn(block)
  const box = drawing?.ownerSVGElement?.getBoundingClientRect()
  const inside = box && x >= box.left && x <= box.right && y >= box.top && y <= box.bottom
  return drawing && inside ? unitOf(drawing) : null
}

/** What a stroke's points are shares of, in the window as it is now. */
export function boxOf(screen: HTMLElement | undefined, { block: place, frame }: Stroke): Box | undefined {
  const block = blockOf(screen, place)
  if (!block) return undefined
  const box = block.getBoundingClientRect()
  if (!frame) return box
  const drawing = drawingIn(block)
  return (drawing && unitOf(drawing)) ?? unframed(box, frame)
}

/** Draws the ink of a lesson's screens; called again, what has changed of it. */
export class Layers {
  #screens: readonly HTMLElement[]
  #outline: ((stroke: Stroke) => string) | undefined
  #sheets = new Map<string, SVGSVGElement>()
  #drawn = new Map<string, { stroke: Stroke; path: SVGPathElement }>()
  #watched = new WeakSet<Element>()
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
      const path = drawn?.path ?? document.createElementNS(SVG, 'path')
      path.setAttribute('d', this.#outline(stroke))
      this.#drawn.set(stroke.id, { stroke, path })
      this.#settle(stroke, path)
    }
  }

  /** Where a stroke is drawn: in the drawing that it is bound to, where there is one, or else over its block. */
  #settle(stroke: Stroke, path: SVGPathElement): void {
    const block = blockOf(this.#screens[stroke.screen], stroke.block)
    if (!block) return
    const { frame, box } = stroke
    const drawing = frame ? drawingIn(block) : null
    const sheet = drawing ? group(drawing) : this.#sheet(stroke, block)
    if (path.parentElement !== (sheet as Element)) sheet.append(path)
    const over = frame
      ? `translate(${1000 * frame[0]} ${1000 * frame[1]}) scale(${1000 * frame[2]} ${1000 * frame[3]})`
      : `scale(${1000 / box[0]} ${1000 / box[1]})`
    path.setAttribute('transform', drawing ? 'scale(1)' : over)
    if (frame) this.#watch(block)
  }

  /** A figure that comes alive, or draws itself anew, takes its strokes along. */
  #watch(block: Element): void {
    if (this.#watched.has(block)) return
    this.#watched.add(block)
    const follow = (): void => {
      const drawing = drawingIn(block)
      for (const { stroke, path } of this.#drawn.values()) {
        if (!stroke.frame || blockOf(this.#screens[stroke.screen], stroke.block) !== block) continue
        if (!path.isConnected || (drawing && !drawing.contains(path))) this.#settle(stroke, path)
      }
    }
    new MutationObserver(follow).observe(block, { childList: true, subtree: true })
  }

  #sheet({ screen, block }: Stroke, bearer: HTMLElement): SVGSVGElement {
    const name = `${screen} ${block}`
    const known = this.#sheets.get(name)
    if (known) return known
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

/** What holds the ink of a drawing, in its coordinates. */
function group(drawing: SVGGElement): SVGGElement {
  const known = drawing.querySelector<SVGGElement>(':scope > .ink')
  if (known) return known
  const made = document.createElementNS(SVG, 'g')
  made.setAttribute('class', 'ink')
  made.setAttribute('aria-hidden', 'true')
  return drawing.appendChild(made)
}

let layers: Layers | undefined
/** The one set of layers of this page. */
export const layersOn = (screens: readonly HTMLElement[]): Layers => (layers ??= new Layers(screens))

export const drawKept = (screens: readonly HTMLElement[]): void => layersOn(screens).draw(keptInk())
