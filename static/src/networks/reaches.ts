/** Where each volume answers to the hand, from left to right in its row; those of a row have their middles on one line. */
import type { Volume } from './types'

export type Span = { from: number; to: number }

const BESIDE = 3
const LEAST = 44

const own = (volume: Volume): Span =>
  volume.thin
    ? { from: volume.x, to: volume.x + volume.width }
    : (({ middle, width, recede }) => {
        const from = middle - Math.max(LEAST, width + 2 * BESIDE) / 2
        return { from, to: from + Math.max(LEAST, width + recede) }
      })(volume)

/**
 * As wide as they are drawn; under fingers what is narrower takes from those beside it what they have to
 * spare. Thin layers that stand in a row of their own share what there is. By the volumes' names.
 */
export function spansOf(volumes: readonly Volume[], finger: number): Map<string, Span> {
  const rows = new Map<number, Volume[]>()
  for (const volume of volumes) {
    const line = Math.round(volume.y + volume.height / 2)
    rows.set(line, [...(rows.get(line) ?? []), volume])
  }
  return new Map(
    [...rows.values()].flatMap((row) => {
      const inOrder = row.sort((a, b) => a.x - b.x)
      return spansIn(inOrder, finger).map((span, i) => [inOrder[i]!.name, span] as const)
    }),
  )
}

function spansIn(volumes: readonly Volume[], finger: number): Span[] {
  const spans = volumes.map(own)
  if (!finger) return spans
  // What lies under the next one is the next one's.
  spans.forEach((span, i) => {
    const next = spans[i + 1]
    if (next && span.to > next.from)
      span.to = next.from = volumes[i + 1]!.thin ? next.from : (span.to + next.from) / 2
  })
  const wide = ({ from, to }: Span) => to - from
  for (const [i, span] of spans.entries()) {
    const [before, after] = [spans[i - 1], spans[i + 1]]
    const lacking = finger - wide(span)
    if (lacking <= 0) continue
    const left = Math.min(
      lacking,
      before ? span.from - before.to + Math.max(0, wide(before) - finger) : lacking,
    )
    span.from -= left
    if (before) before.to = Math.min(before.to, span.from)
    const more = lacking - left
    const right = Math.min(more, after ? after.from - span.to + Math.max(0, wide(after) - finger) : more)
    span.to += right
    if (after) after.from = Math.max(after.from, span.to)
  }
  return spans
}
