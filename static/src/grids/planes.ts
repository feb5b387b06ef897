/** Planes of numbers, and places in them. */

export type Plane = (number | null)[][]

export type Volume = Plane[]

/** Map, row and column of the output. */
export type Cell = readonly [number, number, number]

export type Shape = readonly [maps: number, height: number, width: number]

/** The cell beside, for an arrow key; at the edge one stays. */
export function beside(cell: Cell, key: string, shape: Shape): Cell | null {
  const moves: Record<string, readonly [number, number]> = {
    ArrowLeft: [0, -1],
    ArrowRight: [0, 1],
    ArrowUp: [-1, 0],
    ArrowDown: [1, 0],
  }
  const move = moves[key]
  if (key === 'Home') return [cell[0], cell[1], 0]
  if (key === 'End') return [cell[0], cell[1], shape[2] - 1]
  if (!move) return null
  const row = Math.max(0, Math.min(shape[1] - 1, cell[1] + move[0]))
  const column = Math.max(0, Math.min(shape[2] - 1, cell[2] + move[1]))
  return [cell[0], row, column]
}

/** The largest size in a plane or volume, which gets the full colour. */
export function reachOf(planes: Volume): number {
  let most = 0
  for (const plane of planes)
    for (const row of plane)
      for (const value of row) if (value !== null) most = Math.max(most, Math.abs(value))
  return most
}
