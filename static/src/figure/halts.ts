/** Where a clicker halts on the way through an output's cells: one press a cell would be thousands. */

/** As many steps as a hand presses one by one. */
const FEW = 60

/**
 * The halts of a timeline that fills maps cell by cell, forward and then backward, as counts of steps done: the
 * first cell, the end of its row, the end of its map; then of each map the first cell and the last. Null where
 * the steps are few enough to be gone through one by one.
 *
 * `shape` is that of the output: maps, rows, columns; `count` is of all steps, with what may follow the cells.
 */
export function haltsOf(forward: number, count: number, shape: readonly number[]): number[] | null {
  if (count <= FEW) return null
  const [maps = 1, height = 1, width = 1] = shape
  const halts = new Set<number>([0])
  for (const start of forward < count ? [0, forward] : [0]) {
    for (let map = 0; map < maps; map += 1) {
      const before = start + map * height * width
      halts.add(before + 1)
      if (map === 0) halts.add(before + width)
      halts.add(before + height * width)
    }
  }
  halts.add(count)
  return [...halts].filter((halt) => halt <= count).sort((one, other) => one - other)
}

/** Ends of rows, forward and then backward: what a film of such a way shows. Null where steps are few enough. */
export function rowsOf(forward: number, count: number, shape: readonly number[]): number[] | null {
  if (count <= FEW) return null
  const [maps = 1, height = 1, width = 1] = shape
  const rows = Array.from({ length: maps * height }, (_, row) => (row + 1) * width)
  const ends = [...rows, ...rows.map((row) => forward + row)].filter((end) => end < count)
  return [0, ...(forward < count ? ends : rows.filter((end) => end < count)), count]
}

/** The halt after or before where one is; the last there is where there is none. */
export function haltFrom(t: number, halts: readonly number[], direction: 1 | -1): number {
  const near = 1e-9
  const next =
    direction > 0 ? halts.find((halt) => halt > t + near) : halts.findLast((halt) => halt < t - near)
  return next ?? t
}
