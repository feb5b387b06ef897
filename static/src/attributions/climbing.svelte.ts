/** A picture that climbs: its frames as the server sends them, kept so that one can go back to them. */
import type { Problem } from '../figure/api'
import { Asking } from '../figure/asking.svelte'
import type { Told } from '../figure/events'
import type { components } from '../figure/schema'
import type { Reply } from '../figure/server'
import type { Asked } from '../activations/types'
import { askClimb } from './asking'

export type Frame = components['schemas']['OptimisedFrame']
type Climb = { asked: Asked; layer: string; channel: number }

const placed = (frames: readonly Frame[], at: number, frame: Frame): readonly Frame[] => [
  ...frames.slice(0, at),
  frame,
  ...frames.slice(at + 1),
]

export class Climbing extends Asking<Climb, true> {
  frames = $state.raw<readonly Frame[]>([])
  /** Which frame is shown; the newest while it climbs. */
  at = $state(0)
  running = $derived(this.busy)
  frame = $derived<Frame | null>(this.frames[this.at] ?? null)
  /** How many frames this time of asking has brought. */
  #come = 0

  constructor() {
    const self: { climbing?: Climbing } = {}
    super(({ asked, layer, channel }, signal) => {
      self.climbing!.#come = 0
      return askClimb(asked, layer, channel, signal, (event) => {
        if (!signal.aborted) self.climbing!.#hear(event)
      })
    })
    self.climbing = this
  }

  async start(asked: Asked, layer: string, channel: number): Promise<void> {
    this.forget()
    await this.ask({ asked, layer, channel })
  }

  /** Refused; what has come stays, and so does what was told on the way. */
  protected override take({ problem }: Reply<true>): void {
    if (problem) this.problem = problem
  }

  /** Of a climb that was broken off, the same frames come again: each takes the place of the one before. */
  #hear({ name, data }: Told): void {
    this.waiting = null
    if (name === 'problem') this.problem = data as Problem
    if (name === 'done') this.#keep(this.frames.slice(0, this.#come))
    if (name === 'frame') this.#keep(placed(this.frames, this.#come++, data as Frame))
  }

  #keep(frames: readonly Frame[]): void {
    const follows = this.at >= this.frames.length - 1
    this.frames = frames
    this.at = follows ? Math.max(0, frames.length - 1) : Math.min(this.at, frames.length - 1)
  }

  stop(): void {
    this.leave()
  }

  override forget(): void {
    super.forget()
    this.frames = []
    this.at = 0
  }
}
