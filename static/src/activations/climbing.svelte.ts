/** A picture that climbs: its frames as the server sends them, kept so that one can go back to them. */
import type { Problem } from '../api'
import { toQuery } from '../network/link'
import type { Asked } from './types'

export type Frame = { step: number; steps: number; value: number | null; picture: string }

const BUSY = 'The server is busy. Try again in a moment.'

export class Climbing {
  frames = $state.raw<readonly Frame[]>([])
  /** Which frame is shown; the newest while it climbs. */
  at = $state(0)
  running = $state(false)
  problem = $state.raw<Problem | null>(null)
  frame = $derived<Frame | null>(this.frames[this.at] ?? null)
  #source: EventSource | null = null
  #run = 0

  async start(asked: Asked, layer: string, channel: number): Promise<void> {
    this.forget()
    const run = this.#run
    this.running = true
    const rest = {
      model: asked.model ?? null,
      seed: asked.seed ? String(asked.seed) : null,
      layer,
      channel: String(channel),
    }
    const query = await toQuery(asked.model ? {} : asked, rest)
    if (run !== this.#run) return
    const source = new EventSource(`/api/optimised-input/frames?${query}`)
    this.#source = source
    source.addEventListener('frame', (event) => {
      const follows = this.at === this.frames.length - 1 || !this.frames.length
      this.frames = [...this.frames, JSON.parse(event.data as string) as Frame]
      if (follows) this.at = this.frames.length - 1
    })
    source.addEventListener('done', () => this.stop())
    source.addEventListener('problem', (event) => {
      this.problem = JSON.parse((event as MessageEvent<string>).data) as Problem
      this.stop()
    })
    // Refused, or broken off; what has come stays.
    source.onerror = () => {
      this.problem = { message: BUSY, where: null, suggestion: null }
      this.stop()
    }
  }

  stop(): void {
    this.#source?.close()
    this.#source = null
    this.#run += 1
    this.running = false
  }

  forget(): void {
    this.stop()
    this.frames = []
    this.at = 0
    this.problem = null
  }
}
