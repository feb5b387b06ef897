import type { Backward, Steps } from './types'
import type { Cell, Plane, Shape, Volume } from '../grids/planes'

export const placeOf = ([map, row, column]: Cell, [, height, width]: Shape): number =>
  (map * height + row) * width + column

export function cellAt(place: number, [, height, width]: Shape): Cell {
  return [Math.floor(place / (height * width)), Math.floor(place / width) % height, place % width]
}

/** The cell a step is about; for the last, which adds up, the last that was added. */
export function cellOfStep(step: number, forward: number, shape: Shape): Cell | null {
  if (step < 0 || !forward) return null
  return cellAt(step < forward ? step : Math.min(step, 2 * forward - 1) - forward, shape)
}

/** A cell that still exists in an output of this shape. */
export const within = (cell: Cell, shape: Shape): Cell => [
  Math.min(cell[0], shape[0] - 1),
  Math.min(cell[1], shape[1] - 1),
  Math.min(cell[2], shape[2] - 1),
]

/** How many cells of one map there are after so many of all. */
export const filled = (done: number, map: number, [, height, width]: Shape): number =>
  Math.max(0, Math.min(height * width, done - map * height * width))

export type Sums = { input: Volume; weights: Volume[] | null; bias: (number | null)[] | null }

/**
 * The gradients as they are after the steps before `end`: the server's sums, put in their places. Given
 * those after fewer of the same steps, it goes on from there; nothing that was given out is changed.
 */
export function sumsAt(steps: Steps, end: number, known?: { sums: Sums; end: number } | null): Sums | null {
  if (!steps.before) return null
  const from = known && known.end <= end ? known : { sums: steps.before as Sums, end: steps.first }
  const sums: Sums = {
    input: [...from.sums.input],
    weights: from.sums.weights && [...from.sums.weights],
    bias: from.sums.bias && [...from.sums.bias],
  }
  const owned = new Set<Plane | (number | null)[]>()
  for (const step of steps.steps.slice(Math.max(0, from.end - steps.first), Math.max(0, end - steps.first))) {
    if (step.kind === 'backward') put(sums, step, owned)
  }
  return sums
}

type Owned = Set<Plane | (number | null)[]>

function put(sums: Sums, step: Backward, owned: Owned): void {
  const [map = 0] = step.cell
  const pooled = step.to_weights === null
  step.input_after.forEach((patch, c) => {
    const channel = pooled ? map : c
    const plane = own(sums.input, channel, owned)
    patch.forEach((values, r) => {
      const row = step.rows[r]!
      if (row < 0 || row >= plane.length) return
      const line = own(plane, row, owned)
      values.forEach((value, i) => {
        const column = step.columns[i]!
        if (value !== null && column >= 0 && column < line.length) line[column] = value
      })
    })
  })
  if (sums.weights && step.weights_after) sums.weights[map] = step.weights_after
  if (sums.bias) sums.bias[map] = step.bias_after
}

/** The entry to write to: a copy, made once. */
function own<T extends Plane | (number | null)[]>(list: T[], index: number, owned: Owned): T {
  let entry = list[index]!
  if (!owned.has(entry)) {
    entry = [...entry] as T
    owned.add(entry)
    list[index] = entry
  }
  return entry
}

/** Whether every number stands in three characters: then its grid needs less room, and others get it. */
export const isBrief = (planes: Volume): boolean =>
  planes.every((plane) =>
    plane.every((row) =>
      row.every((value) => value === null || (Number.isInteger(value) && value > -100 && value < 1000)),
    ),
  )

/** Short enough to be followed, long enough to be seen: a small layer step by step, a large one as a film. */
export const paceOf = (count: number): number => Math.max(12, Math.min(1500, 120_000 / count))

/** A formula on as many lines as it has steps, for a narrow screen. */
export function stacked(latex: string): string {
  const [left = '', ...right] = latex.split(' = ')
  const lines =
    right.length > 1
      ? `${left} &= ${right.join(' \\\\ &= ')}`
      : `&${latex.replaceAll(', \\quad ', ', \\\\ &')}`
  return `\\begin{aligned} ${lines} \\end{aligned}`
}
