/** A lesson's figures in several windows: what is changed in one stands in all in which the lesson is presented. */
import type { Follower, Shared } from '../figure/figure.svelte'
import type { Standing } from '../figure/standing'
import type { Channel } from './channel'

/** How long a figure that only follows waits for one to be followed before it begins by itself. */
const ALONE_MILLISECONDS = 1500

/** What has changed since: by identity first, since a question may be a whole picture. */
export function changes(now: Shared, before: Shared): Shared | null {
  const names = Object.keys(now).filter(
    (name) => now[name] !== before[name] && JSON.stringify(now[name]) !== JSON.stringify(before[name]),
  )
  return names.length ? Object.fromEntries(names.map((name) => [name, now[name]])) : null
}

/**
 * `presents`: whether this window is one of those; `tells`: whether what is changed in it is told. What is returned
 * says `false` of a figure that is to begin nothing, since it goes in another window already.
 */
export function together(
  channel: Channel,
  presents: () => boolean,
  tells: boolean,
): (place: number, figure: Standing) => boolean {
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

  return (place, { store, begin }) => {
    if (!store) return true
    alive[place] = store
    /** As it stands in every window that has heard of nothing else. */
    const first = store.shared
    const led = presents() && place in known
    void follow(place)
    if (!tells) {
      if (begin && !led) setTimeout(() => place in known || begin(), ALONE_MILLISECONDS)
      return false
    }
    $effect.root(() => {
      $effect(() => {
        const changed = presents() && changes(store.shared, { ...first, ...known[place] })
        if (!changed || following[place]) return
        known[place] = { ...known[place], ...changed }
        channel.tell({ figures: { [place]: changed } })
      })
    })
    return !led
  }
}
