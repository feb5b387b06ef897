/** Which pixels a class's score comes from, by every method, one question after the other. */
import type { Problem } from '../figure/api'
import { patiently, Pauses, type Waiting } from '../figure/server'
import { askAttribution, type Attribution } from './asking'
import type { Asked } from '../activations/types'

/** What takes seconds is asked for last. */
const SLOW = ['occlusion', 'smoothgrad']

export class Attributions {
  answers = $state.raw<Readonly<Record<string, Attribution>>>({})
  problems = $state.raw<Readonly<Record<string, Problem>>>({})
  /** The method that is being asked for. */
  asking = $state<string | null>(null)
  /** What is said while the server is to be asked again. */
  waiting = $state.raw<Waiting | null>(null)
  #present: AbortController | null = null

  /** All methods anew; what is there stays until its successor comes. */
  async ask(body: Asked, methods: readonly string[]): Promise<void> {
    this.stop()
    const present = new AbortController()
    this.#present = present
    const { signal } = present
    this.problems = {}
    const told = (waiting: Waiting | null): void => {
      if (!signal.aborted) this.waiting = waiting
    }
    const pauses = new Pauses()
    const order = [...methods].sort((a, b) => SLOW.indexOf(a) - SLOW.indexOf(b))
    try {
      for (const method of order) {
        this.asking = method
        const reply = await patiently(() => askAttribution(body, method, signal), signal, told, pauses)
        if (signal.aborted) return
        if (reply.answer) this.answers = { ...this.answers, [method]: reply.answer }
        else this.problems = { ...this.problems, [method]: reply.problem }
      }
    } catch {
      return // Overtaken.
    }
    this.asking = null
  }

  stop(): void {
    this.#present?.abort()
    this.asking = this.waiting = null
  }
}
