import type { Tensor } from '../figure/safetensors'

/** Paints a picture as a network sees it, numbers from 0 to 1 in one channel or three, a pixel a pixel. */
export function paintPixels(canvas: HTMLCanvasElement, { shape, values }: Tensor): void {
  const [channels = 1, height = 1, width = 1] = shape
  const context = canvas.getContext('2d')
  if (!context) return
  canvas.width = width
  canvas.height = height
  const image = context.createImageData(width, height)
  const size = height * width
  for (let i = 0; i < size; i++) {
    for (let colour = 0; colour < 3; colour++)
      image.data[4 * i + colour] = 255 * values[(channels === 3 ? colour * size : 0) + i]!
    image.data[4 * i + 3] = 255
  }
  context.putImageData(image, 0, 0)
}
