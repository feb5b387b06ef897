// Exercises in a page: checked without leaving it, with fresh numbers, and what was solved is kept
// in this browser's storage and nowhere else. The server writes the markup; here it is exchanged.
import { formula } from '../numbers/formulas'
import { markSolved, solved } from './solved'

const SEEDS = 1_000_000
const EXERCISE = '[data-exercise]'

/** Sets the formulas in a part of a page. */
export function setFormulas(within: ParentNode): void {
  for (const element of within.querySelectorAll<HTMLElement>('[data-latex]')) {
    formula(element.dataset.latex ?? '', 'display' in element.dataset)(element)
  }
}

/** The exercise that stands in the page at this address. */
async function fetched(address: string): Promise<HTMLElement> {
  const response = await fetch(address, { headers: { accept: 'text/html' } })
  const page = new DOMParser().parseFromString(await response.text(), 'text/html')
  const found = page.querySelector<HTMLElement>(EXERCISE)
  if (!response.ok || !found) throw new Error(page.querySelector('main')?.textContent?.trim() ?? '')
  return document.adoptNode(found)
}

/** Where each exercise of this page was last, in the page's place in the history: who comes back finds the same one. */
type Kept = { exercises?: Record<string, string> } | null
const keptAt = (name = ''): string | undefined => (history.state as Kept)?.exercises?.[name]
function keep(name = '', address: string): void {
  const kept = history.state as Kept
  history.replaceState({ ...kept, exercises: { ...kept?.exercises, [name]: address } }, '')
}

/** Puts another exercise, or the same one with what is said of its answers, in its place. */
async function exchange(old: HTMLElement, address: string): Promise<HTMLElement | null> {
  try {
    const next = await fetched(address)
    setFormulas(next)
    if (!old.isConnected) return null
    keep(next.dataset.exercise, address)
    old.replaceWith(next)
    enliven(next)
    return next
  } catch (trouble) {
    const place = old.querySelector('.exercise-end')
    const why = trouble instanceof Error && trouble.message ? trouble.message : ''
    if (place) place.textContent = why || 'The server does not answer. Try again.'
    return null
  }
}

async function check(exercise: HTMLElement, form: HTMLFormElement): Promise<void> {
  const query = new URLSearchParams()
  for (const [name, value] of new FormData(form)) query.set(name, String(value))
  // What was opened stays open, and the place in the page stays.
  const open = [...exercise.querySelectorAll('details')].map((details) => details.open)
  const next = await exchange(exercise, `${form.action}?${query}`)
  if (!next) return
  next.querySelectorAll('details').forEach((details, place) => (details.open = open[place] ?? false))
  if ('right' in next.dataset) markSolved(next.dataset.exercise ?? '')
  marks(document)
  const wrong = next.querySelector<HTMLElement>('.fill:not([data-verdict="right"]) :is(input, textarea)')
  ;(wrong ?? next.querySelector<HTMLElement>('.exercise-row a'))?.focus({ preventScroll: true })
}

async function anew(exercise: HTMLElement): Promise<HTMLElement | null> {
  const seed = Math.floor(Math.random() * SEEDS)
  return exchange(exercise, `/practice/${exercise.dataset.exercise}?seed=${seed}`)
}

function enliven(exercise: HTMLElement): void {
  const form = exercise.querySelector('form')
  form?.addEventListener('submit', (event) => {
    event.preventDefault()
    void check(exercise, form)
  })
  exercise.querySelector('[data-fresh]')?.addEventListener('click', (event) => {
    event.preventDefault()
    void anew(exercise).then((next) => next?.querySelector<HTMLElement>('input, textarea')?.focus())
  })
}

/** A tick at each exercise that was solved in this browser, and at each lesson how many of its own. */
export function marks(within: ParentNode): void {
  const done = solved()
  for (const place of within.querySelectorAll<HTMLElement>('[data-exercises]')) {
    const kinds = (place.dataset.exercises ?? '').split(' ').filter(Boolean)
    const count = kinds.filter((kind) => done.has(kind)).length
    place.textContent = count ? `${count === kinds.length ? '✓ ' : ''}${count} of ${kinds.length}` : ''
    place.title = count ? 'exercises solved' : ''
  }
  for (const link of within.querySelectorAll<HTMLElement>('[data-kind]')) {
    link.toggleAttribute('data-done', done.has(link.dataset.kind ?? ''))
  }
}

/** How far off an exercise is prepared: by the time that it is seen, its numbers are there. */
const NEAR = '200% 0px'
/** When it is in any case: for paper, and for where the server is not to be reached later. */
const LATEST_MILLISECONDS = 15_000

/** Before it is seen it gets those numbers that it had, or others of this visitor's own. */
function prepare(exercise: HTMLElement): void {
  const kept = keptAt(exercise.dataset.exercise)
  if (kept) void exchange(exercise, kept)
  else if ('anew' in exercise.dataset) void anew(exercise)
  else setFormulas(exercise)
}

/** `now`: all of them are prepared at once. */
export function enlivenExercises(within: ParentNode, now = false): void {
  const near = new IntersectionObserver(
    (entries) =>
      entries.forEach(({ isIntersecting, target }) => isIntersecting && come(target as HTMLElement)),
    { rootMargin: NEAR },
  )
  const waiting = new Set<HTMLElement>()
  function come(exercise: HTMLElement): void {
    near.unobserve(exercise)
    if (waiting.delete(exercise) && exercise.isConnected) prepare(exercise)
  }
  for (const exercise of within.querySelectorAll<HTMLElement>(EXERCISE)) {
    enliven(exercise)
    if ('right' in exercise.dataset) markSolved(exercise.dataset.exercise ?? '')
    waiting.add(exercise)
    if (now) come(exercise)
    else near.observe(exercise)
  }
  if (waiting.size) setTimeout(() => waiting.forEach(come), LATEST_MILLISECONDS)
  marks(within)
}
