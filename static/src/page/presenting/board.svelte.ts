/** What a presenter holds, the same in every window of the lesson: a tool, the ink, where the laser points. */
import type { Channel, Told } from '../channel'
import type { Command } from '../keys'
import { changed, fits, inverse, type Change, type Ink, type Stroke } from './ink'
import { keepInk, keptInk } from './keeping'
import type { Spot } from './laser'
import { pressed, type Timer } from './timer'

export const TOOLS = ['laser', 'pen', 'eraser'] as const
export type Tool = (typeof TOOLS)[number]

const isTool = (command: Command): command is Tool => (TOOLS as readonly Command[]).includes(command)

/** How many changes can be taken back. */
const MOST_DONE = 100

export class Board {
  tool = $state<Tool | null>(null)
  ink = $state.raw<Ink>(keptInk())
  timer = $state.raw<Timer | null>(null)
  /** What takes the last changes back, newest last. */
  #done = $state.raw<readonly Change[]>([])
  undoable = $derived(this.#done.length > 0)
  full = $derived(!fits(this.ink))
  #channel: Channel
  #leave: () => void
  /** Told of each place that another window's laser points at. */
  pointed: (spot: Spot | null) => void = () => undefined

  constructor(channel: Channel) {
    this.#channel = channel
    this.#leave = channel.hear(
      (told) => this.#heard(told),
      () => ({ ...(this.tool && { tool: this.tool }), ...(this.timer && { timer: this.timer }) }),
    )
  }

  leave(): void {
    this.#leave()
  }

  /** Takes a tool, or lays it down. */
  take(tool: Tool | null): void {
    this.tool = this.tool === tool ? null : tool
    this.#channel.tell({ tool: this.tool })
  }

  point(spot: Spot | null): void {
    this.#channel.tell({ laser: spot })
  }

  /** Starts the time, pauses it, lets it go on. */
  time(): void {
    this.#timed(pressed(this.timer, Date.now()))
  }
  untime(): void {
    this.#timed(null)
  }
  #timed(timer: Timer | null): void {
    this.timer = timer
    this.#channel.tell({ timer })
  }

  /** A stroke as far as it has come; it is told and kept when told so. */
  draw(stroke: Stroke): void {
    this.#change({ add: [stroke] })
  }
  tell(stroke: Stroke): void {
    this.#channel.tell({ ink: { add: [stroke] } })
  }
  keep(): void {
    keepInk(this.ink)
  }
  erase(ids: readonly string[]): void {
    if (ids.length) this.#share({ take: ids })
  }
  clear(): void {
    this.erase(this.ink.map(({ id }) => id))
  }
  undo(): boolean {
    const back = this.#done.at(-1)
    if (!back) return false
    this.#undone(back)
    this.#channel.tell({ ink: back, undo: true })
    this.keep()
    return true
  }

  /** Does what a key asks for; whether there was anything to do. */
  does(command: Command): boolean {
    if (isTool(command)) this.take(command)
    else if (command === 'timer') this.time()
    else if (command === 'leave' && this.tool) this.take(null)
    else return command === 'undo' && this.tool !== null && this.tool !== 'laser' && this.undo()
    return true
  }

  #share(change: Change): void {
    this.#change(change)
    this.#channel.tell({ ink: change })
    this.keep()
  }
  #change(change: Change): void {
    const back = inverse(this.ink, change)
    if (back) this.#done = [...this.#done, back].slice(-MOST_DONE)
    this.ink = changed(this.ink, change)
  }
  #undone(back: Change): void {
    this.#done = this.#done.slice(0, -1)
    this.ink = changed(this.ink, back)
  }

  #heard({ tool, laser, ink, undo, timer }: Told): void {
    if (tool !== undefined) this.tool = tool
    if (timer !== undefined) this.timer = timer
    if (laser !== undefined) this.pointed(laser)
    if (ink && undo) this.#undone(ink)
    else if (ink) this.#change(ink)
  }
}
