import { weightMaps } from './mosaic'
import type { Tensor } from '../figure/safetensors'
import type { Show } from './types'
import type { Look, Whole } from './look.svelte'
import type { Plane } from '../grids/planes'

/** A short vector is a row, a long one is laid out in rows, about as many as columns. */
export const columnsOf = (count: number): number => (count <= 12 ? count : Math.ceil(Math.sqrt(count)))

/** One channel of [C, H, W]; of a vector [F] all, whatever the channel. */
export function planeOf({ shape, values }: Tensor, channel: number): Plane {
  if (shape.length === 1) {
    const columns = columnsOf(values.length)
    return Array.from({ length: Math.ceil(values.length / columns) }, (_, row) =>
      Array.from({ length: columns }, (_, column) => values[row * columns + column] ?? null),
    )
  }
  const [, height = 1, width = 1] = shape
  const first = channel * height * width
  return Array.from({ length: height }, (_, row) =>
    Array.from(values.subarray(first + row * width, first + (row + 1) * width)),
  )
}

/** The kernel that a filter [F, C, k, k] has for one channel that comes in. */
export function kernelOf({ shape, values }: Tensor, filter: number, channel: number): Plane {
  const [, channels = 1, height = 1, width = 1] = shape
  const first = (filter * channels + channel) * height * width
  return Array.from({ length: height }, (_, row) =>
    Array.from(values.subarray(first + row * width, first + (row + 1) * width)),
  )
}

/** What a channel shows; null where it has no such thing, or not yet. */
export function shownPlane(whole: Whole | null, show: Show, channel: number): Plane | null {
  const tensor = whole?.[show]
  if (!tensor) return null
  if (show !== 'weight') return planeOf(tensor, channel)
  const { shape, values } = weightMaps(tensor.values, tensor.shape)
  return planeOf({ shape: [...shape], values }, channel)
}

/** Which number gets the full colour, and whether the layer has larger ones. */
export type Reach = { most: number; beyond: boolean }

/** The reach of what a channel shows, on a scale of its own or on the one that its layer's small maps have. */
export function reachOfShown(look: Look, layer: string | undefined, show: Show, channel: number): Reach {
  const tensor = look.whole(layer ?? null)?.[show]
  if (!layer || !tensor) return { most: 0, beyond: false }
  const shared = look.scale === 'layer' ? look.maps(layer, show)?.reach : undefined
  const most = shared ?? reachIn(tensor, channel)
  return { most, beyond: shared !== undefined && reachIn(tensor) > most }
}

/** The largest size in a tensor, or in one of its channels. */
export function reachIn({ shape, values }: Tensor, channel: number | null = null): number {
  const size = values.length / (shape[0] ?? 1)
  const [first, end] =
    channel === null || shape.length === 1 ? [0, values.length] : [channel * size, (channel + 1) * size]
  let most = 0
  for (let i = first; i < end; i++) most = Math.max(most, Math.abs(values[i]!))
  return most
}

/** Where a plane has its largest number; the first of equals. */
export function peakOf(plane: Plane): readonly [row: number, column: number] {
  let best: readonly [number, number] = [0, 0]
  let most = -Infinity
  plane.forEach((line, row) =>
    line.forEach((value, column) => {
      if (value !== null && value > most) {
        most = value
        best = [row, column]
      }
    }),
  )
  return best
}
