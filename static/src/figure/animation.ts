/** A figure's timeline as an animated GIF: a frame for each step, drawn by the figure itself. */
import { painted, Sheet } from './picture'
import { save } from './saving'

/** What plays: how many steps there are, and how to have so many of them done and drawn. */
export type Timeline = { count: number; show: (done: number) => Promise<void> }

/** Of a longer way every second, third, ... step is shown. */
export const MOST_FRAMES = 120
/** Of the longer side: a GIF keeps every pixel of every frame. */
const MOST_PIXELS = 1400
const COLOURS = 256
/** How long a frame stays, in milliseconds: as a step does at 1×, and the end long enough to be read. */
const STEP = 1200
const END = 4000

/** The steps that are frames: the first and the last always, evenly between them. */
export function framesOf(count: number, most = MOST_FRAMES): number[] {
  const stride = Math.ceil(count / (most - 1)) || 1
  const before = Array.from({ length: Math.ceil(count / stride) }, (_, place) => place * stride)
  return [...before, count]
}

export async function saveGif(
  svg: SVGSVGElement,
  name: string,
  { count, show }: Timeline,
  told: (share: number) => void,
): Promise<void> {
  const { GIFEncoder, applyPalette, quantize } = await import('gifenc')
  const gif = GIFEncoder()
  const steps = framesOf(count)
  // All numbers stand at the end: nothing grows beyond what is measured there.
  await show(count)
  still(svg)
  const page = new Sheet(svg)
  for (const [place, step] of steps.entries()) {
    await show(step)
    still(svg)
    const drawn = await page.drawn()
    const canvas = await painted(drawn, Math.min(2, MOST_PIXELS / Math.max(drawn.width, drawn.height)))
    const context = canvas.getContext('2d', { willReadFrequently: true })
    if (!context) throw new Error('no picture')
    const { data, width, height } = context.getImageData(0, 0, canvas.width, canvas.height)
    const palette = quantize(data, COLOURS)
    gif.writeFrame(applyPalette(data, palette), width, height, {
      palette,
      delay: step === count ? END : STEP,
    })
    told((place + 1) / steps.length)
  }
  gif.finish()
  save(new Blob([gif.bytes()], { type: 'image/gif' }), `${name}.gif`)
}

/** What is still on its way is where it goes to. */
function still(svg: SVGSVGElement): void {
  for (const moving of svg.getAnimations({ subtree: true })) {
    if (moving.effect?.getComputedTiming().endTime !== Infinity) moving.finish()
  }
}
