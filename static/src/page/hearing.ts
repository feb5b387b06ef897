/** Whom a key is for: the figure that has the focus, or else the one most in view; then the page. */
import { commandOf, scrolls, writing, type Command } from './keys'
import { theme } from './theme.svelte'

/** What a figure does at a command; one that says `false` leaves it to the page. */
export type Commands = Partial<Record<Command, (key: string) => unknown>>
type Hearer = { element: Element; commands: () => Commands }
type Page = {
  commands: () => Commands
  /** Whether the page hears nothing at present, as while a list lies over it. */
  deaf: () => boolean
  /** Whether a command has been dealt with before it reaches anybody. */
  before: (command: Command) => boolean
}

const figures = new Set<Hearer>()
const pages = new Set<Page>()
let listening = false

/** A figure hears keys as long as its element stands in the document: `{@attach hears(() => commands)}`. */
export const hears =
  (commands: () => Commands) =>
  (element: Element): (() => void) =>
    joined(figures, { element, commands })

/** The page itself does what no figure does. */
export const pageHears = (page: Page): (() => void) => joined(pages, page)

function joined<T>(all: Set<T>, one: T): () => void {
  all.add(one)
  if (!listening) addEventListener('keydown', keydown)
  listening = true
  return () => all.delete(one)
}

type Box = Pick<DOMRect, 'top' | 'bottom' | 'left' | 'right'>

/** How much of a box can be seen, in square pixels. */
export function seen(box: Box, width: number, height: number): number {
  const across = Math.min(width, box.right) - Math.max(0, box.left)
  const down = Math.min(height, box.bottom) - Math.max(0, box.top)
  return Math.max(0, across) * Math.max(0, down)
}

/** On a wall one screen of a lesson is shown, and the next one is got ready. */
const onShow = (element: Element): boolean =>
  element.checkVisibility() && !element.closest('.screen.coming:not(.on-screen)')

/** The figure that keys are for. One alone hears them wherever it is; of several, one that can be seen. */
function listener(): Hearer | null {
  const all = [...figures].filter(({ element }) => onShow(element))
  const focused = document.activeElement
  // Figures may stand in figures: the innermost has joined first.
  const held = all.find(({ element }) => element.contains(focused))
  if (held) return held
  if (all.length < 2) return all[0] ?? null
  let [best, most] = [null as Hearer | null, 0]
  for (const one of all) {
    const area = seen(one.element.getBoundingClientRect(), innerWidth, innerHeight)
    if (area > most) [best, most] = [one, area]
  }
  return best
}

/** Whether something that comes at a place, or at none, is meant for the figure that an element is part of. */
export function isFor(element: Element | undefined, target: EventTarget | null): boolean {
  if (figures.size < 2) return true
  const at = target instanceof Node ? [...figures].find((one) => one.element.contains(target)) : undefined
  return element !== undefined && (at ?? listener())?.element.contains(element) === true
}

/** Who knows no longer strides takes a step. */
const LESSER: Partial<Record<Command, Command>> = { skip: 'next', 'skip-back': 'back' }
const done = (commands: Commands | undefined, command: Command) =>
  commands?.[command] ?? commands?.[LESSER[command] ?? command]

/** The keys that scroll go to no slider that was touched last, which would take them. */
function unslid(event: KeyboardEvent): void {
  const way = { PageDown: 1, PageUp: -1 }[event.key]
  if (!way || !(event.target instanceof HTMLInputElement) || event.target.type !== 'range') return
  event.preventDefault()
  scrollBy({ top: way * 0.875 * innerHeight })
}

function keydown(event: KeyboardEvent): void {
  const page = [...pages].at(-1)
  if (writing(event) || event.defaultPrevented || page?.deaf()) return
  const command = commandOf(event)
  const shown = theme.projector || document.fullscreenElement !== null
  // In the speaker's window a clicker does what it does on the wall.
  const presenting = shown || document.body.classList.contains('speaking')
  if (!command) return
  if (scrolls(event, presenting)) {
    unslid(event)
    return
  }
  const own = done(listener()?.commands(), command)
  const general = done(page?.commands(), command)
  const pressed = event.target instanceof HTMLButtonElement || event.target instanceof HTMLAnchorElement
  if ((!own && !general) || (pressed && command === 'play')) return
  event.preventDefault()
  if (page?.before(command)) return
  if (!own || own(event.key) === false) general?.(event.key)
}
