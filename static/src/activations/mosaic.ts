import { shade } from '../grids/cells'
import type { Numbers } from '../figure/safetensors'
import type { Rgb } from '../page/theme.svelte'

export type Maps = {
  /** Channels, height, width. */
  shape: readonly [number, number, number]
  values: Numbers
  /** The largest size of a number in each map, if `values` are bytes about 128. */
  scales: Float32Array | null
  /** What gets the full colour where they share a scale. */
  reach: number
}
export type Grid = {
  cell: readonly [width: number, height: number]
  gap: number
  across: number
}

/** Between tiles, in CSS pixels. */
export const TILE_GAP = 4
const ZERO = 128
const STEPS = 127

const tables: Record<string, Uint32Array> = {}

/** From blue by way of the paper to orange, packed as a canvas has its pixels. */
export function coloursOf(paper: Rgb): Uint32Array {
  return (tables[paper.join()] ??= packed((share) => shade(share, paper)))
}

function packed(colour: (share: number) => Rgb): Uint32Array {
  const bytes = new Uint8ClampedArray(256 * 4)
  for (let i = 0; i < 256; i++) bytes.set([...colour(Math.max(-1, (i - ZERO) / STEPS)), 255], i * 4)
  return new Uint32Array(bytes.buffer)
}

/** The size of the largest number in each map of float32. */
export function scalesOf(values: Numbers, channels: number): Float32Array {
  const scales = new Float32Array(channels)
  const size = values.length / channels
  for (let c = 0; c < channels; c++) {
    let most = 0
    for (let i = c * size; i < (c + 1) * size; i++) most = Math.max(most, Math.abs(values[i]!))
    scales[c] = most
  }
  return scales
}

/** Of the maps in which there is anything, the share that is drawn to scale; stronger ones are all of full colour. */
const TO_SCALE = 0.9

/** What gets the full colour where maps share a scale, so that one strong map leaves the others visible. */
export function sharedReach(scales: ArrayLike<number>): number {
  const lit = Float32Array.from(scales)
    .filter((scale) => scale > 0)
    .sort()
  return lit[Math.floor(TO_SCALE * (lit.length - 1))] ?? 0
}

/** Some of a layer's maps, in this order, on their layer's scale; those that are not there are blank. */
export function picked(maps: Maps, at: readonly (number | undefined)[]): Maps {
  const [, height, width] = maps.shape
  const size = height * width
  const bytes = maps.values instanceof Uint8Array
  const values = bytes ? new Uint8Array(at.length * size).fill(ZERO) : new Float32Array(at.length * size)
  const given = maps.scales ?? scalesOf(maps.values, maps.shape[0])
  const scales = new Float32Array(at.length)
  at.forEach((from, to) => {
    if (from === undefined) return
    values.set(maps.values.subarray(from * size, (from + 1) * size), to * size)
    scales[to] = given[from] ?? 0
  })
  return { shape: [at.length, height, width], values, scales, reach: maps.reach }
}

/**
 * Paints the maps into pixels that are already the ground's colour. Where a cell has fewer pixels than its
 * map, each is the strongest of those it covers: means of what goes up and down would be nothing.
 */
export function paintMosaic(
  pixels: Uint32Array,
  stride: number,
  maps: Maps,
  { cell, gap, across }: Grid,
  colours: Uint32Array,
  each: boolean,
): void {
  const [channels, height, width] = maps.shape
  const [wide, high] = cell
  const { values } = maps
  const bytes = values instanceof Uint8Array
  const own = each && height * width > 1
  const scales = maps.scales ?? (own ? scalesOf(values, channels) : null)
  const [rows, columns] = [edges(height, high), edges(width, wide)]
  const single = high >= height && wide >= width
  for (let c = 0; c < channels; c++) {
    const top = Math.floor(c / across) * (high + gap)
    const left = (c % across) * (wide + gap)
    const scale = scales?.[c] ?? 0
    const factor = bytes
      ? own
        ? 1
        : maps.reach && scale / maps.reach
      : STEPS / ((own ? scale : maps.reach) || 1)
    const zero = bytes ? ZERO : 0
    const colourOf = (value: number): number =>
      colours[Math.max(0, Math.min(255, ZERO + Math.round(value * factor)))]!
    // A byte's colour is looked up; there are 256 of them and many more pixels.
    const shades = bytes ? Uint32Array.from(colours, (_, byte) => colourOf(byte - ZERO)) : null
    const base = c * height * width
    for (let y = 0; y < high; y++) {
      const [r0, r1] = [rows[2 * y]!, rows[2 * y + 1]!]
      const at = (top + y) * stride + left
      if (single && shades) {
        const row = base + r0 * width
        for (let x = 0; x < wide; x++) pixels[at + x] = shades[values[row + columns[2 * x]!]!]!
        continue
      }
      for (let x = 0; x < wide; x++) {
        const [c0, c1] = [columns[2 * x]!, columns[2 * x + 1]!]
        let peak = 0
        for (let r = r0; r < r1; r++) {
          const row = base + r * width
          for (let k = c0; k < c1; k++) {
            const value = values[row + k]! - zero
            if (value * value > peak * peak) peak = value
          }
        }
        pixels[at + x] = shades ? shades[peak + ZERO]! : colourOf(peak)
      }
    }
  }
}

/** For each of `pixels`, the first entry of `count` that it covers, and the one behind its last. */
function edges(count: number, pixels: number): Int32Array {
  const found = new Int32Array(2 * pixels)
  for (let i = 0; i < pixels; i++) {
    const first = Math.min(count - 1, Math.floor((i * count) / pixels))
    found[2 * i] = first
    found[2 * i + 1] = Math.max(first + 1, Math.floor(((i + 1) * count) / pixels))
  }
  return found
}

/** What one filter is made of, as one map a filter: its kernels side by side, as square as they go. */
export function weightMaps(values: Numbers, shape: readonly number[]): Maps {
  const [filters = 1, inputs = 1, rows = 1, columns = 1] = shape
  const across = Math.ceil(Math.sqrt(inputs))
  const down = Math.ceil(inputs / across)
  const [height, width] = [down * rows, across * columns]
  const tiled = new Float32Array(filters * height * width)
  let at = 0
  for (let o = 0; o < filters; o++)
    for (let i = 0; i < inputs; i++) {
      const corner = o * height * width + Math.floor(i / across) * rows * width + (i % across) * columns
      for (let r = 0; r < rows; r++)
        for (let c = 0; c < columns; c++) tiled[corner + r * width + c] = values[at++]!
    }
  const scales = scalesOf(tiled, filters)
  return { shape: [filters, height, width], values: tiled, scales, reach: sharedReach(scales) }
}
