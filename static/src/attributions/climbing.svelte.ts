/** A picture that climbs: its frames as the server sends them, kept so that one can go back to them. */
import type { Problem } from '../figure/api'
import { patiently, type Waiting } from '../figure/server'
import { askClimb } from './asking'
import type { Told } from '../figure/events'
import type { Asked } from '../activations/types'

export type Frame = { step: number; steps: number; value: number | null; picture: string }

const placed = (frames: readonly Frame[], at: number, frame: Frame): readonly Frame[] => [
  ...frames.slice(0, at),
  frame,
  ...frames.slice(at + 1),
]

export class Climbing {
  frames = $state.raw<readonly Frame[]>([])
  /** Which frame is shown; the newest while it climbs. */
  at = $state(0)
  running = $state(false)
  problem = $state.raw<Problem | null>(null)
  /** What is said while the server is to be asked again. */
  waiting = $state.raw<Waiting | null>(null)
  frame = $derived<Frame | null>(this.frames[this.at] ?? null)
  #climb: AbortController | null = null
  /** How many frames this time of asking has brought. */
  #come = 0

  async start(asked: Asked, layer: string, channel: number): Promise<void> {
    this.forget()
    const climb = new AbortController()
    this.#climb = climb
    this.running = true
    const ask = () => {
      this.#come = 0
      return askClimb(asked, layer, channel, climb.signal, (event) => this.#take(event))
    }
    const told = (waiting: Waiting | null): void => {
      if (this.#climb === climb) this.waiting = waiting
    }
    try {
      const { problem } = await patiently(ask, climb.signal, told)
      // Refused; what has come stays.
      if (problem) this.problem = problem
    } catch {
      // Stopped.
    }
    if (this.#climb === climb) this.stop()
  }

  /** Of a climb that was broken off, the same frames come again: each takes the place of the one before. */
  #take({ name, data }: Told): void {
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
    this.#climb?.abort()
    this.#climb = null
    this.waiting = null
    this.running = false
  }

  forget(): void {
    this.stop()
    this.frames = []
    this.at = 0
    this.problem = null
  }
}
