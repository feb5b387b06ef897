/** A picture of one's own made small, before it is sent. */

/** Pixels of its side: the network sees no more. */
export const SIDE = 224
const QUALITY = 0.9

type Drawn = CanvasImageSource & ({ width: number; height: number } | HTMLVideoElement)

/** The square in the middle, on white paper, as a data address. */
export function square(source: Drawn): string {
  const [width, height] =
    source instanceof HTMLVideoElement
      ? [source.videoWidth, source.videoHeight]
      : [source.width, source.height]
  const canvas = document.createElement('canvas')
  canvas.width = canvas.height = SIDE
  const context = canvas.getContext('2d')!
  context.fillStyle = '#fff'
  context.fillRect(0, 0, SIDE, SIDE)
  context.imageSmoothingQuality = 'high'
  const side = Math.min(width, height)
  context.drawImage(source, (width - side) / 2, (height - side) / 2, side, side, 0, 0, SIDE, SIDE)
  return canvas.toDataURL('image/jpeg', QUALITY)
}

/** Those of some files that are pictures, made small; and what is to be said of the others. */
export async function squares(files: Iterable<File>): Promise<{ pictures: string[]; said: string }> {
  const pictures: string[] = []
  const refused: string[] = []
  for (const file of files) {
    try {
      const bitmap = await createImageBitmap(file)
      pictures.push(square(bitmap))
      bitmap.close()
    } catch {
      refused.push(file.name)
    }
  }
  const [first, ...more] = refused
  const others = more.length ? ` and ${more.length} more` : ''
  return { pictures, said: first ? `${first}${others}: no picture that this browser can read.` : '' }
}
