/** A lesson's figures in several windows: what is changed in one stands in all in which the lesson is presented. */
import type { Shared } from '../figure/figure.svelte'
import type { Standing } from '../figure/standing'
import type { Channel } from './channel'

/** A figure's state, and how another one is taken on. */
export type Follower = { readonly shared: Shared; follows: (shared: Shared) => Promise<void> }

/** What has changed since: by identity first, since a question may be a whole picture. */
export function changes(now: Shared, before: Shared): Shared | null {
  const names = Object.keys(now).filter(
    (name) => now[name] !== before[name] && JSON.stringify(now[name]) !== JSON.stringify(before[name]),
  )
  return names.length ? Object.fromEntries(names.map((name) => [name, now[name]])) : null
}

/** `presents`: whether this window is one of those; `tells`: whether what is changed in it is told. */
export function together(
  channel: Channel,
  presents: () => boolean,
  tells: boolean,
): (place: number, figure: Standing) => void {
  /** As all windows know it; what is in none of them stands as the lesson has it. */
  const known: Record<number, Shared> = {}
  const alive: Record<number, Follower> = {}
  const following: Record<number, boolean> = {}

  /** Takes on what is known of a figure, and again what has become known while it was asked for. */
  async function follow(place: number): Promise<void> {
    const figure = alive[place]
    if (!figure || following[place]) return
    following[place] = true
    for (let taken: Shared | undefined; taken !== known[place];) {
      taken = known[place]
      await figure.follows(taken ?? {})
    }
    following[place] = false
  }
  channel.hear(
    ({ figures }) => {
      if (!figures || !presents()) return
      for (const [place, shared] of Object.entries(figures)) {
        known[Number(place)] = { ...known[Number(place)], ...shared }
        void follow(Number(place))
      }
    },
    () => (Object.keys(known).length ? { figures: known } : {}),
  )

  return (place, { store }) => {
    if (!store) return
    alive[place] = store
    let before: Shared | null = null
    void follow(place)
    if (!tells) return
    $effect.root(() => {
      $effect(() => {
        const now = store.shared
        const changed = before && changes(now, { ...before, ...known[place] })
        before = now
        if (!changed || following[place] || !presents()) return
        known[place] = { ...known[place], ...changed }
        channel.tell({ figures: { [place]: changed } })
      })
    })
  }
}
