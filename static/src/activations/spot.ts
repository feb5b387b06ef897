/** Where one looks before one has chosen: the first layer that has a window, the channel that answers most. */
import type { Look } from './look.svelte'
import { columnsOf, peakOf, shownPlane } from './planes'
import type { LayerRow } from './types'
import type { At } from './unit/unit'

/** Row and column of a picture. */
export type Cell = readonly [row: number, column: number]

/** The layer that is chosen if it is there; else the end of the first one with a window and what follows it. */
export function layerOf(layers: readonly LayerRow[], chosen: string | null): LayerRow | null {
  const found = layers.find(({ name }) => name === chosen)
  if (found) return found
  const base = layers.find(({ type }) => type === 'Conv2d') ?? layers[1] ?? layers[0]
  return base ? (groupOf(layers, base).at(-1) ?? null) : null
}

/** A layer with a window and those that follow it (convolution, batch norm, ReLU), in order. */
export function groupOf(layers: readonly LayerRow[], row: LayerRow): LayerRow[] {
  const base = row.follows ?? row.name
  return layers.filter(({ name, follows }) => name === base || follows === base)
}

/** The channel that answers most to the photo; of the last layer the class that is asked about. */
export function strongestChannel(look: Look, row: LayerRow): number {
  const layers = look.answer?.layers ?? []
  const last = layers.findLastIndex(({ weights }) => Object.keys(weights).length > 0)
  const scores = layers.indexOf(row) >= last && row.shape[0] === look.model?.classes.length
  if (scores) return look.answer?.target.index ?? 0
  const [strongest] = row.strongest?.size.channels ?? []
  return strongest ?? 0
}

/** The channel that is chosen if it is there; else the strongest. */
export function channelOf(look: Look, row: LayerRow): number {
  const chosen = look.channel !== null && look.channel < (row.shape[0] ?? 1)
  return chosen ? look.channel! : strongestChannel(look, row)
}

/** So many layers from the shallow to the deep: the last of each group that begins with a convolution. */
export function depthsOf(layers: readonly LayerRow[], count: number): LayerRow[] {
  const ends = layers.filter(({ type }) => type === 'Conv2d').map((base) => groupOf(layers, base).at(-1)!)
  const many = Math.min(count, ends.length)
  if (many < 2) return ends.slice(0, many)
  return Array.from({ length: many }, (_, i) => ends[Math.round((i * (ends.length - 1)) / (many - 1))]!)
}

/** The pixel that is chosen if it is there; else the channel's largest, once that is known. */
export function spotOf(look: Look, row: LayerRow, channel: number): At | null {
  const layer = row.name
  if (row.shape.length === 1) return { layer, channel, row: null, column: null }
  const [, height = 1, width = 1] = row.shape
  if (look.row !== null && look.column !== null) {
    return { layer, channel, row: Math.min(look.row, height - 1), column: Math.min(look.column, width - 1) }
  }
  const plane = shownPlane(look.whole(layer), 'activation', channel)
  if (!plane) return null
  const [peakRow, peakColumn] = peakOf(plane)
  return { layer, channel, row: peakRow, column: peakColumn }
}

/** Where a unit stands in the picture of its map. */
export function cellOf(row: LayerRow, at: At): Cell {
  if (at.row !== null && at.column !== null) return [at.row, at.column]
  const columns = columnsOf(row.shape[0] ?? 1)
  return [Math.floor(at.channel / columns), at.channel % columns]
}

/** The unit that stands there. */
export function unitAt(row: LayerRow, channel: number, [r, c]: Cell): At {
  const layer = row.name
  if (row.shape.length > 1) return { layer, channel, row: r, column: c }
  const count = row.shape[0] ?? 1
  return { layer, channel: Math.min(count - 1, r * columnsOf(count) + c), row: null, column: null }
}
