/** An answer that follows its question: only the newest is waited for, the old one stays until then. */
import type { Problem } from '../api'
import { patiently, Pauses, type Reply, type Waiting } from '../server'

export class Newest<T> {
  answer = $state.raw<T | null>(null)
  problem = $state.raw<Problem | null>(null)
  /** What is said while a server that is busy or out of reach is to be asked again. */
  waiting = $state.raw<Waiting | null>(null)
  busy = $state(false)
  #asking: AbortController | null = null
  #pauses = new Pauses()

  /** `then`: what follows from the reply, whichever time of asking it comes at. */
  async ask(
    question: (signal: AbortSignal) => Promise<Reply<T>>,
    then?: (reply: Reply<T>) => void,
  ): Promise<void> {
    this.#asking?.abort()
    const asking = new AbortController()
    const { signal } = asking
    this.#asking = asking
    this.busy = true
    if (this.waiting) this.waiting = { ...this.waiting, seconds: 0 }
    const told = (waiting: Waiting | null): void => {
      if (this.#asking !== asking) return
      this.waiting = waiting
      if (waiting) this.problem = null
    }
    try {
      const reply = await patiently(() => question(signal), signal, told, this.#pauses)
      if (this.#asking !== asking) return
      if (reply.answer) this.answer = reply.answer
      this.problem = reply.problem
      then?.(reply)
    } catch {
      // Overtaken.
    } finally {
      if (this.#asking === asking) {
        this.#asking = null
        this.busy = false
      }
    }
  }

  forget(): void {
    this.#asking?.abort()
    this.#asking = null
    this.answer = this.problem = this.waiting = null
    this.busy = false
  }
}
