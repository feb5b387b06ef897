/** A picture that climbs: its frames as the server sends them, kept so that one can go back to them. */
import type { Problem } from '../figure/api'
import { Asking } from '../figure/asking.svelte'
import { inLine, type Told } from '../figure/events'
import type { components } from '../figure/schema'
import type { Reply } from '../figure/server'
import type { Asked } from '../activations/types'
import { askClimb } from './asking'

export type Frame = components['schemas']['OptimisedFrame']
type Climb = { asked: Asked; layer: string; channel: number }

export class Climbing extends Asking<Climb, true> {
  frames = $state.raw<readonly Frame[]>([])
  /** Which frame is shown; the newest while it climbs. */
  at = $state(0)
  running = $derived(this.busy)
  frame = $derived<Frame | null>(this.frames[this.at] ?? null)
  /** The number of the last frame that came. */
  #heard = 0

  constructor() {
    const self: { climbing?: Climbing } = {}
    super(({ asked, layer, channel }, signal) =>
      askClimb(asked, layer, channel, self.climbing!.#heard, signal, (event) => {
        if (!signal.aborted) self.climbing!.#hear(event)
      }),
    )
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

  /** A climb that is broken off goes on after its last frame. */
  #hear(event: Told): void {
    const { name, data, id = 0 } = event
    this.waiting = inLine(event)
    if (name === 'problem') this.problem = data as Problem
    if (name !== 'frame') return
    const follows = this.at >= this.frames.length - 1
    this.#heard = id
    this.frames = [...this.frames, data as Frame]
    if (follows) this.at = this.frames.length - 1
  }

  stop(): void {
    this.leave()
  }

  override forget(): void {
    super.forget()
    this.frames = []
    this.at = this.#heard = 0
  }
}
