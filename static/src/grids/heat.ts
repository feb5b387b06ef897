import { shade } from './cells'
import type { Rgb } from '../page/theme.svelte'

export function heatMap(rows: readonly (readonly (number | null)[])[], most: number, paper: Rgb): string {
  const canvas = document.createElement('canvas')
  canvas.width = rows[0]?.length ?? 1
  canvas.height = rows.length
  const context = canvas.getContext('2d')
  if (!context) return ''
  const image = context.createImageData(canvas.width, canvas.height)
  rows.flat().forEach((entry, i) => {
    const [red, green, blue] = shade(most ? (entry ?? 0) / most : 0, paper)
    image.data.set([red, green, blue, 255], i * 4)
  })
  context.putImageData(image, 0, 0)
  return canvas.toDataURL()
}
