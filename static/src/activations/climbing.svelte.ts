/** A picture that climbs: its frames as the server sends them, kept so that one can go back to them. */
import type { Problem } from '../api'
import { askClimb } from './asking_units'
import type { Told } from './events'
import type { Asked } from './types'

export type Frame = { step: number; steps: number; value: number | null; picture: string }

export class Climbing {
  frames = $state.raw<readonly Frame[]>([])
  /** Which frame is shown; the newest while it climbs. */
  at = $state(0)
  running = $state(false)
  problem = $state.raw<Problem | null>(null)
  frame = $derived<Frame | null>(this.frames[this.at] ?? null)
  #climb: AbortController | null = null

  async start(asked: Asked, layer: string, channel: number): Promise<void> {
    this.forget()
    const climb = new AbortController()
    this.#climb = climb
    this.running = true
    try {
      const { problem } = await askClimb(asked, layer, channel, climb.signal, (event) => this.#take(event))
      // Refused, or broken off; what has come stays.
      if (problem) this.problem = problem
    } catch {
      // Stopped.
    }
    if (this.#climb === climb) this.stop()
  }

  #take({ name, data }: Told): void {
    if (name === 'problem') this.problem = data as Problem
    if (name !== 'frame') return
    const follows = this.at === this.frames.length - 1 || !this.frames.length
    this.frames = [...this.frames, data as Frame]
    if (follows) this.at = this.frames.length - 1
  }

  stop(): void {
    this.#climb?.abort()
    this.#climb = null
    this.running = false
  }

  forget(): void {
    this.stop()
    this.frames = []
    this.at = 0
    this.problem = null
  }
}
