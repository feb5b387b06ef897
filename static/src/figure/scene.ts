/** Part of a page as a drawing: its boxes, letters, canvases and drawings as they stand on the screen. */
import { dressed, fontsOf, inlined, type Drawn } from './picture'

const SVG = 'http://www.w3.org/2000/svg'
const MARGIN = 16
/** What is for hands and for ears, and not for eyes. */
const LEFT_OUT = '.unseen, .katex-mathml, select, textarea, .player'

/** Fields in which something stands that can be read. */
const WRITTEN = ['text', 'number']

type Made = { x: number; y: number; into: Element; families: Set<string> }

/** Some elements that are drawn together; all pictures of them are of one place and one size. */
export class Scene {
  readonly #families = new Set<string>()
  #fonts: Promise<string[]> | undefined
  readonly box: DOMRect
  constructor(readonly parts: () => Element[]) {
    const boxes = parts().map((part) => part.getBoundingClientRect())
    const [left, top] = [Math.min(...boxes.map((box) => box.left)), Math.min(...boxes.map((box) => box.top))]
    const right = Math.max(...boxes.map((box) => box.right))
    this.box = new DOMRect(0, 0, right - left, Math.max(...boxes.map((box) => box.bottom)) - top)
  }

  async drawn(): Promise<Drawn> {
    const parts = this.parts()
    const boxes = parts.map((part) => part.getBoundingClientRect())
    const [width, height] = [Math.ceil(this.box.width), Math.ceil(this.box.height)].map((n) => n + 2 * MARGIN)
    const into = made('svg', { xmlns: SVG, width, height, viewBox: `0 0 ${width} ${height}` })
    const fill = getComputedStyle(document.documentElement).getPropertyValue('--sheet')
    const style = made('style', {})
    into.append(style, made('rect', { width, height, fill }))
    const x = Math.min(...boxes.map((box) => box.left)) - MARGIN
    const y = Math.min(...boxes.map((box) => box.top)) - MARGIN
    const known = this.#families.size
    for (const part of parts) draw(part, { x, y, into, families: this.#families })
    // A formula that was not there before brings its own.
    if (this.#families.size > known || !this.#fonts) this.#fonts = fontsOf(this.#families)
    style.textContent = (await this.#fonts).join('\n')
    await inlined(into)
    return { text: new XMLSerializer().serializeToString(into), width: width!, height: height! }
  }
}

function made(name: string, attributes: Record<string, string | number | undefined>): Element {
  const element = document.createElementNS(SVG, name)
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value))
  return element
}

function draw(element: Element, to: Made): void {
  if (element.matches(LEFT_OUT)) return
  if (!element.checkVisibility({ opacityProperty: true, visibilityProperty: true })) return
  const box = element.getBoundingClientRect()
  const place = { x: box.x - to.x, y: box.y - to.y, width: box.width, height: box.height }
  if (element instanceof SVGSVGElement) {
    const inner = made('svg', {
      ...place,
      viewBox: element.getAttribute('viewBox') ?? `0 0 ${box.width} ${box.height}`,
      preserveAspectRatio: element.getAttribute('preserveAspectRatio') ?? 'xMidYMid',
    })
    inner.append(...[...element.children].map((child) => dressed(child, to.families)))
    to.into.append(inner)
    return
  }
  if (element instanceof HTMLInputElement && !WRITTEN.includes(element.type)) return
  const looks = getComputedStyle(element)
  frame(looks, place, to)
  swatch(element, place, to)
  if (element instanceof HTMLCanvasElement && element.width && element.height)
    to.into.append(made('image', { ...place, href: element.toDataURL(), preserveAspectRatio: 'none' }))
  if (element instanceof HTMLImageElement)
    to.into.append(made('image', { ...place, href: element.src, preserveAspectRatio: 'none' }))
  if (element instanceof HTMLInputElement) typedIn(element, looks, place, to)
  for (const child of element.childNodes) {
    if (child instanceof Element) draw(child, to)
    else if (child instanceof Text) write(child, looks, to)
  }
}

type Place = { x: number; y: number; width: number; height: number }

/** What is behind an element, and the lines at its edges. */
function frame(looks: CSSStyleDeclaration, place: Place, { into }: Made): void {
  const { x, y, width, height } = place
  const fill = looks.backgroundColor
  if (!/^(transparent|rgba\(0, 0, 0, 0\))$/.test(fill))
    into.append(made('rect', { ...place, fill, rx: parseFloat(looks.borderTopLeftRadius) || 0 }))
  const edges = [
    ['Top', x, y, width, 0],
    ['Bottom', x, y + height, width, 0],
    ['Left', x, y, 0, height],
    ['Right', x + width, y, 0, height],
  ] as const
  for (const [side, left, top, across, down] of edges) {
    const thick = parseFloat(looks[`border${side}Width`])
    if (!thick || looks[`border${side}Style`] === 'none') continue
    const inward = { Top: [0, 0.5], Bottom: [0, -0.5], Left: [0.5, 0], Right: [-0.5, 0] }[side] as [
      number,
      number,
    ]
    const [a, b] = [left + inward[0] * thick, top + inward[1] * thick]
    into.append(
      made('path', {
        d: `M${a} ${b}l${across} ${down}`,
        stroke: looks[`border${side}Color`],
        'stroke-width': thick,
      }),
    )
  }
}

/** The line before a curve's name, which tells which curve it is. */
function swatch(element: Element, { x, y }: Place, { into }: Made): void {
  const looks = getComputedStyle(element, '::before')
  const [wide, thick] = [parseFloat(looks.width), parseFloat(looks.borderTopWidth)]
  if (looks.content === 'none' || !wide || !thick) return
  const line = parseFloat(getComputedStyle(element).lineHeight) || 20
  into.append(
    made('path', {
      d: `M${x} ${y + line / 2}h${wide}`,
      stroke: looks.borderTopColor,
      'stroke-width': thick,
      'stroke-dasharray': looks.borderTopStyle === 'dashed' ? '4 3' : 'none',
    }),
  )
}

/** What stands in a field. */
function typedIn(field: HTMLInputElement, looks: CSSStyleDeclaration, place: Place, to: Made): void {
  to.families.add(looks.fontFamily)
  const line = made('text', {
    x: place.x + place.width / 2,
    y: place.y + place.height / 2 + 0.35 * parseFloat(looks.fontSize),
    'text-anchor': 'middle',
    ...lettersOf(looks),
  })
  line.textContent = field.value
  to.into.append(line)
}

const lettersOf = (looks: CSSStyleDeclaration) => ({
  fill: looks.color,
  'font-family': looks.fontFamily,
  'font-size': looks.fontSize,
  'font-style': looks.fontStyle,
  'font-weight': looks.fontWeight,
})

/** Letters, line by line. */
function write(text: Text, looks: CSSStyleDeclaration, { x, y, into, families }: Made): void {
  if (!text.data.trim()) return
  families.add(looks.fontFamily)
  for (const { said, box } of linesOf(text)) {
    const line = made('text', {
      x: box.x - x,
      y: box.y - y + box.height * ascent(looks),
      ...lettersOf(looks),
      textLength: box.width,
      lengthAdjust: 'spacingAndGlyphs',
    })
    line.textContent = said
    into.append(line)
  }
}

type Line = { said: string; box: DOMRect }

/** A text as it is broken into lines: words that stand at one height. */
function linesOf(text: Text): Line[] {
  const range = document.createRange()
  const lines: (Line & { from: number })[] = []
  for (const { index, 0: word } of text.data.matchAll(/\S+/g)) {
    range.setStart(text, index)
    range.setEnd(text, index + word.length)
    const here = range.getBoundingClientRect()
    const line = lines.at(-1)
    if (line && Math.abs(line.box.y - here.y) < here.height / 2) {
      range.setStart(text, line.from)
      line.box = range.getBoundingClientRect()
      line.said = range.toString().replaceAll(/\s+/g, ' ')
    } else if (here.width) {
      lines.push({ said: word, box: here, from: index })
    }
  }
  return lines
}

const ascents = new Map<string, number>()
/** The share of a line's height that is above what its letters stand on. */
function ascent({ fontStyle, fontWeight, fontSize, fontFamily }: CSSStyleDeclaration): number {
  const font = `${fontStyle} ${fontWeight} ${fontSize} ${fontFamily}`
  const known = ascents.get(font)
  if (known !== undefined) return known
  const context = document.createElement('canvas').getContext('2d')
  if (!context) return 0.8
  context.font = font
  const { fontBoundingBoxAscent: up, fontBoundingBoxDescent: down } = context.measureText('x')
  ascents.set(font, up / (up + down))
  return up / (up + down)
}
