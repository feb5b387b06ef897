/** The page as a link, and back: what is asked about, and what of it is looked at. */
import { toQuery as networkQuery } from '../networks/link'
import { RANKS, SHOWS, VIEWS, type Asked, type Rank, type Scale, type Show, type View } from './types'

/** What is looked at. */
export type Sight = {
  view: View
  layer: string | null
  channel: number | null
  row: number | null
  column: number | null
  show: Show
  scale: Scale
  maps: Rank
}

export const FIRST_SIGHT: Sight = {
  view: 'overview',
  layer: null,
  channel: null,
  row: null,
  column: null,
  show: 'activation',
  scale: 'layer',
  maps: 'size',
}

const words = (value: number | null | undefined): string | null =>
  value === null || value === undefined ? null : String(value)

/** What differs from a first look. Images and weights of one's own are not part of an address. */
export async function toQuery(asked: Asked, sight: Sight, projector: boolean): Promise<string> {
  const { model, image, target, of, seed } = asked
  const rest: Record<string, string | null> = {
    model: model ?? null,
    image: image.startsWith('data:') ? null : image,
    target: words(target),
    of: of === 'loss' ? of : null,
    seed: model || !seed ? null : String(seed),
    view: sight.view === 'overview' ? null : sight.view,
    layer: sight.layer,
    channel: words(sight.channel),
    row: words(sight.row),
    column: words(sight.column),
    show: sight.show === 'activation' ? null : sight.show,
    scale: sight.scale === 'layer' ? null : sight.scale,
    maps: sight.maps === 'size' ? null : sight.maps,
    projector: projector ? '1' : null,
  }
  return networkQuery(model ? {} : asked, rest)
}

/** What of an address is asked about, without what of it is looked at. */
export function askedIn(query: URLSearchParams): string {
  const asked = [...query].filter(([name]) => !(name in FIRST_SIGHT) && name !== 'projector')
  return new URLSearchParams(asked).toString()
}

export function sightOf(query: URLSearchParams): Sight {
  const whole = (name: string): number | null => {
    const text = query.get(name)
    return text && /^\d{1,6}$/.test(text) ? Number(text) : null
  }
  return {
    view: VIEWS.find((name) => name === query.get('view')) ?? 'overview',
    layer: query.get('layer'),
    channel: whole('channel'),
    row: whole('row'),
    column: whole('column'),
    show: SHOWS.find((name) => name === query.get('show')) ?? 'activation',
    scale: query.get('scale') === 'map' ? 'map' : 'layer',
    maps: RANKS.find((name) => name === query.get('maps')) ?? 'size',
  }
}
