/**
 * From one page deeper into another, and back up: network, layer, map, cell, expression graph. Where browsers know
 * how to, what both pages are about grows into its next place; a visit in any other way is a visit as always.
 */
const KEY = 'levels'
const MOST = 8

/** A way that was taken: which page led where. */
type Way = { from: string; to: string }

function taken(): Way[] {
  try {
    const found: unknown = JSON.parse(sessionStorage.getItem(KEY) ?? '[]')
    return Array.isArray(found) ? (found as Way[]) : []
  } catch {
    return []
  }
}

function remember(ways: Way[]): void {
  try {
    sessionStorage.setItem(KEY, JSON.stringify(ways.slice(-MOST)))
    // theme.js reads it before the next page is painted.
    sessionStorage.setItem('growing', '1')
  } catch {
    // Without a memory there is no way back up but the browser's own.
  }
}

/** Whether the page that is left grows into the next, or shrinks back. */
let moving = false
addEventListener('pageswap', (event) => {
  const { viewTransition } = event as Event & { viewTransition?: { skipTransition: () => void } | null }
  if (!moving) viewTransition?.skipTransition()
  moving = false
})
// A page that is come back to as it was left.
addEventListener('pageshow', ({ persisted }) => persisted && stay())

// theme.js has told that the page is one that has just grown out of another.
const GROWN_MILLISECONDS = 1000
setTimeout(() => delete document.documentElement.dataset.growing, GROWN_MILLISECONDS)

/** What an address says that stays as long as one looks at the same thing. */
const about = (address: string, names: readonly string[]): string => {
  const { pathname, search, hash } = new URL(address, location.href)
  const query = new URLSearchParams(search || hash.slice(1))
  return JSON.stringify([pathname, ...names.map((name) => query.get(name))])
}

/** The page that led to this one, if it was one of these levels; `names` are what tells what this page is about. */
export function above(names: readonly string[]): string | null {
  const here = about(location.href, names)
  return taken().findLast(({ to }) => about(to, names) === here)?.from ?? null
}

const WAIT_MILLISECONDS = 5000
function leave(): void {
  moving = true
  setTimeout(stay, WAIT_MILLISECONDS)
}
function stay(): void {
  moving = false
  delete document.documentElement.dataset.growing
}

/** To be called as a link is followed that leads deeper, from the address that it is to lead back to. */
export function descending(to: string, how?: MouseEvent): void {
  // Into another tab no element grows.
  if (how && (how.ctrlKey || how.metaKey || how.shiftKey)) return
  leave()
  const way = { from: location.pathname + location.search + location.hash, to }
  remember([...taken().filter(({ from }) => from !== way.from), way])
}

export function descend(to: string): void {
  descending(to)
  location.assign(to)
}

/** Back up: to the very page that was left, if the tab still has it. */
export function ascend(to: string): void {
  if (moving) return
  leave()
  // Of all that shrinks back.
  document.documentElement.dataset.growing = ''
  remember(taken())
  const back = distance(new URL(to, location.href).href)
  if (back) history.go(-back)
  else location.assign(to)
}

type Navigation = { currentEntry: { index: number } | null; entries: () => { url: string | null }[] }

/** How many pages back in the tab's history an address is, where the browser tells; 0 where it is not. */
function distance(address: string): number {
  const { navigation } = window as unknown as { navigation?: Navigation }
  const here = navigation?.currentEntry?.index ?? 0
  const earlier = (navigation?.entries() ?? []).slice(0, here).reverse()
  return earlier.findIndex(({ url }) => url === address) + 1
}
