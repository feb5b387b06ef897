/** Tensors as rows and columns of numbers, and the colours of a heat map. */
import type { Nested, Preview, Value } from '../figure/api'
import type { Rgb } from '../page/theme.svelte'

export const isPreview = (value: Value | null): value is Preview =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Every entry in order, the last axis running fastest. */
export function flat(value: Nested): (number | null)[] {
  if (!Array.isArray(value)) return [value]
  return value.flatMap(flat)
}

/** The sizes of a nested list whose rows are of one length. */
export function shapeOf(value: Nested): number[] {
  return Array.isArray(value) ? [value.length, ...(value[0] === undefined ? [] : shapeOf(value[0]))] : []
}

/** The entries of a tensor as rows of so many columns; a vector is one column. */
export function rowsOf(value: Value | null, columns: number): (number | null)[][] {
  if (value === null || typeof value === 'number') return [[value]]
  if (isPreview(value)) {
    // A vector's preview comes as one row; it is drawn as a column, as every vector is.
    return value.shape.length === 1 ? value.entries.flat().map((entry) => [entry]) : value.entries
  }
  const entries = flat(value)
  const rows: (number | null)[][] = []
  for (let i = 0; i < entries.length; i += columns) rows.push(entries.slice(i, i + columns))
  return rows
}

/** The entry's index, one number an axis, from its place in the order of entries. */
export function indexOf(position: number, shape: readonly number[]): number[] {
  const index: number[] = []
  let left = position
  for (const size of [...shape].reverse()) {
    index.unshift(left % size)
    left = Math.floor(left / size)
  }
  return index
}

export function positionOf(index: readonly number[], shape: readonly number[]): number {
  return index.reduce((position, i, axis) => position * (shape[axis] ?? 1) + i, 0)
}

/** The largest size of an entry: both ends of the scale, so that zero stays in its middle. */
export function reach(value: Value | null): number {
  if (value === null) return 0
  if (typeof value === 'number') return Math.abs(value)
  if (isPreview(value)) return Math.max(Math.abs(value.min), Math.abs(value.max))
  let most = 0
  for (const entry of flat(value)) if (entry !== null) most = Math.max(most, Math.abs(entry))
  return most
}

export const BLUE: Rgb = [38, 98, 168]
export const ORANGE: Rgb = [214, 106, 18]

/** Blue for negative, orange for positive, the paper's colour for zero. */
export function shade(share: number, paper: Rgb): Rgb {
  const end = share < 0 ? BLUE : ORANGE
  const weight = Math.min(1, Math.abs(share))
  return [0, 1, 2].map((i) => Math.round(paper[i]! + (end[i]! - paper[i]!) * weight)) as unknown as Rgb
}

/** Whether a grid of this size shows its numbers; the same rule as the server's layout. */
export const readable = (rows: number, columns: number): boolean =>
  rows <= (columns === 1 ? 10 : 6) && columns <= 6
