/** The drawing as a file: looks and fonts go along, so that it looks the same anywhere. */
import { save } from './saving'

const PROPERTIES = [
  'fill',
  'stroke',
  'stroke-width',
  'stroke-dasharray',
  'stroke-linecap',
  'stroke-linejoin',
  'vector-effect',
  'paint-order',
  'font-family',
  'font-size',
  'font-style',
  'font-weight',
  'text-anchor',
  'dominant-baseline',
  'text-decoration',
  'image-rendering',
  'opacity',
]
const MARGIN = 24

export type Drawn = { text: string; width: number; height: number }

/** How drawings become files: the fonts are fetched once, and all have one place and one size. */
export class Sheet {
  #fonts: Promise<string[]> | undefined
  readonly box: DOMRect
  constructor(readonly svg: SVGSVGElement) {
    this.box = graphOf(svg).getBBox()
  }

  /** A copy of the drawing as it is now, whatever of it is on screen: all, or what is `within` from left to right. */
  async drawn(within?: { x: number; width: number }): Promise<Drawn> {
    const { y, height: high } = this.box
    const { x, width: wide } = within ?? this.box
    const [width, height] = [Math.ceil(wide + 2 * MARGIN), Math.ceil(high + 2 * MARGIN)]
    const copy = document.createElementNS('http://www.w3.org/2000/svg', 'svg')
    copy.setAttribute('xmlns', 'http://www.w3.org/2000/svg')
    copy.setAttribute('width', String(width))
    copy.setAttribute('height', String(height))
    copy.setAttribute('viewBox', [x - MARGIN, y - MARGIN, width, height].join(' '))
    const paper = document.createElementNS(copy.namespaceURI, 'rect') as SVGRectElement
    const fill = getComputedStyle(document.documentElement).getPropertyValue('--sheet')
    for (const [name, value] of Object.entries({ x: x - MARGIN, y: y - MARGIN, width, height, fill })) {
      paper.setAttribute(name, String(value))
    }
    const families = new Set<string>()
    const style = document.createElementNS(copy.namespaceURI, 'style')
    copy.append(style, paper, dressed(graphOf(this.svg), families))
    this.#fonts ??= fontsOf(families)
    style.textContent = (await this.#fonts).join('\n')
    await inlined(copy)
    return { text: new XMLSerializer().serializeToString(copy), width, height }
  }
}

const graphOf = (svg: SVGSVGElement): SVGGraphicsElement => svg.querySelector<SVGGraphicsElement>('.graph')!

export function dressed(element: Element, families: Set<string>): Element {
  const copy = element.cloneNode(false) as Element
  const looks = getComputedStyle(element)
  for (const name of [...copy.getAttributeNames()]) {
    if (/^(class|style|role|tabindex|aria-|data-)/.test(name)) copy.removeAttribute(name)
  }
  const shape = element.tagName !== 'g'
  if (shape) {
    for (const property of PROPERTIES) {
      const value = looks.getPropertyValue(property)
      if (value && value !== 'none' && value !== 'normal') copy.setAttribute(property, value)
      else if (property === 'fill') copy.setAttribute('fill', 'none')
    }
  }
  if (element.tagName === 'text') families.add(looks.fontFamily)
  for (const child of element.childNodes) {
    if (child instanceof Element) {
      if (!/\b(reach|lead|frame-hit)\b/.test(child.getAttribute('class') ?? ''))
        copy.append(dressed(child, families))
    } else if (child.nodeType === Node.TEXT_NODE) {
      copy.append(child.cloneNode())
    }
  }
  return copy
}

/** Photos go along too. */
export async function inlined(drawing: Element): Promise<void> {
  for (const image of drawing.querySelectorAll('image')) {
    const address = image.getAttribute('href')
    if (!address || address.startsWith('data:')) continue
    const file = await fetch(address)
    image.setAttribute('href', await dataUrl(await file.blob()))
  }
}

/** The page's own font files, for the families that the drawing uses. */
export async function fontsOf(families: Set<string>): Promise<string[]> {
  const wanted = [...families].join()
  const faces: string[] = []
  for (const sheet of document.styleSheets) {
    for (const rule of sheet.cssRules) {
      if (!(rule instanceof CSSFontFaceRule)) continue
      const family = rule.style.getPropertyValue('font-family').replaceAll(/['"]/g, '')
      const bold = rule.style.getPropertyValue('font-weight')
      if (!wanted.includes(family) || (family.startsWith('KaTeX') && bold === '700')) continue
      const address = /url\("?([^")]+)"?\)/.exec(rule.style.getPropertyValue('src'))?.[1]
      if (!address) continue
      const file = await fetch(new URL(address, sheet.href ?? location.href))
      faces.push(rule.cssText.replace(/url\("?[^")]+"?\)/, `url("${await dataUrl(await file.blob())}")`))
    }
  }
  await warmed(faces, families)
  return faces
}

function dataUrl(blob: Blob): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader()
    reader.onload = () => resolve(String(reader.result))
    reader.onerror = () => reject(new Error('unreadable'))
    reader.readAsDataURL(blob)
  })
}

async function decoded(text: string): Promise<HTMLImageElement> {
  const image = new Image()
  image.src = await dataUrl(new Blob([text], { type: 'image/svg+xml' }))
  await image.decode()
  return image
}

/** Chromium takes a picture for decoded before the fonts in it are: those that one has had, the next one has at once. */
async function warmed(faces: readonly string[], families: ReadonlySet<string>): Promise<void> {
  const letters = [...families].map((family) => `<text font-family='${family.replaceAll("'", '"')}'>0</text>`)
  await decoded(
    `<svg xmlns="http://www.w3.org/2000/svg"><style>${faces.join('\n')}</style>${letters.join('')}</svg>`,
  )
}

/** A drawing as pixels, so many for each of its own. */
export async function painted({ text, width, height }: Drawn, scale: number): Promise<HTMLCanvasElement> {
  const image = await decoded(text)
  const canvas = document.createElement('canvas')
  canvas.width = width * scale
  canvas.height = height * scale
  canvas.getContext('2d')?.drawImage(image, 0, 0, canvas.width, canvas.height)
  return canvas
}

export async function saveSvg(svg: SVGSVGElement, name: string): Promise<void> {
  const { text } = await new Sheet(svg).drawn()
  save(new Blob([text], { type: 'image/svg+xml' }), `${name}.svg`)
}

export async function savePng(svg: SVGSVGElement, name: string): Promise<void> {
  const drawn = await new Sheet(svg).drawn()
  // Twice the size for sharp slides, as long as browsers make canvases that large.
  const canvas = await painted(drawn, Math.min(2, 8000 / Math.max(drawn.width, drawn.height)))
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve))
  if (!blob) throw new Error('no picture')
  save(blob, `${name}.png`)
}
