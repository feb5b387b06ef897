/**
 * From the maps that a map was made from to it: where the lines run, and what is left out when the rest fades.
 * Shares and signs are the server's; here is only where they are drawn.
 */
import { cornerOf, type Place } from './layout'
import type { Origins } from './types'

/** What a map brings: it adds, it takes away, or both about as much; or that is no question. */
export type Brings = 'adds' | 'takes' | 'both' | 'is'
export type Edge = { path: string; width: number; brings: Brings; layer: string; channel: number }
type Box = readonly [x: number, y: number, width: number, height: number]

const MARK = 2
const THIN = 1.2
const THICK = 6
/** Of what it brings so much has to be on one side. */
const ONE_SIDE = 0.2

export function bringsOf(leaning: number | null): Brings {
  if (leaning === null) return 'is'
  return leaning > ONE_SIDE ? 'adds' : leaning < -ONE_SIDE ? 'takes' : 'both'
}

const placeOf = (places: readonly Place[], layer: string): Place | undefined =>
  places.find(({ group }) => group.layers.some(({ name }) => name === layer))

/** Where a map stands; of one that is folded away, what is said of it under its layer. */
function boxOf(place: Place, channel: number, foot: number): Box {
  const corner = cornerOf(place, channel)
  if (corner) return [place.x + corner[0], place.y + corner[1], ...place.cell]
  return [place.x, place.y + place.height, place.width, foot]
}

export function edgesOf(
  places: readonly Place[],
  { layer, channel, origins }: Origins,
  foot: number,
): { edges: Edge[]; veil: string } {
  const target = placeOf(places, layer)
  if (!target) return { edges: [], veil: '' }
  const to = boxOf(target, channel, foot)
  const used: Box[] = [to]
  const most = Math.max(0, ...origins.map(({ share }) => share)) || 1
  const edges = origins.flatMap((origin) => {
    const place = placeOf(places, origin.layer)
    if (!place) return []
    const from = boxOf(place, origin.channel, foot)
    used.push(from)
    return [
      {
        path: pathOf(from, to),
        width: THIN + (THICK - THIN) * (origin.share / most),
        brings: bringsOf(origin.leaning),
        layer: origin.layer,
        channel: origin.channel,
      },
    ]
  })
  const shown = places.filter(({ group }) => !group.knot)
  return {
    edges,
    veil: [...shown.map(({ x, y, width, height }): Box => [x, y, width, height]), ...used.map(around)]
      .map(frame)
      .join(''),
  }
}

function pathOf([x1, y1, w1, h1]: Box, [x2, y2, , h2]: Box): string {
  const [left, from, to] = [x1 + w1, y1 + h1 / 2, y2 + h2 / 2]
  const bend = (x2 - left) / 2
  return `M${left} ${from}C${left + bend} ${from} ${x2 - bend} ${to} ${x2} ${to}`
}

/** With the mark that may be about it. */
const around = ([x, y, width, height]: Box): Box => [x - MARK, y - MARK, width + 2 * MARK, height + 2 * MARK]

const frame = ([x, y, width, height]: Box): string => `M${x} ${y}h${width}v${height}h${-width}z`

/** The same in a sentence. */
export function sentenceOf(
  { layer, channel, origins, omitted }: Origins,
  what: 'Map' | 'Number',
  nameOf: (layer: string) => string,
): string {
  const one = `${what} ${channel} of ${nameOf(layer)}`
  const [first, ...rest] = origins
  if (!first) return `${one} is what the network is given.`
  const share = (part: number): string => (part < 0.01 ? '< 1 %' : `${Math.round(part * 100)} %`)
  const from = `${one} is made from ${first.channel} of ${nameOf(first.layer)}`
  if (!rest.length && !omitted) return `${from} alone.`
  const others = rest.map((row) => {
    const of = row.layer === first.layer ? '' : ` of ${nameOf(row.layer)}`
    return `, ${row.channel}${of} (${share(row.share)})`
  })
  return `${from} (${share(first.share)})${others.join('')}${omitted ? ` and ${omitted} more` : ''}, by what each brings.`
}
