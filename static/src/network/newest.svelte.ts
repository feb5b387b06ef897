/** An answer that follows its question: only the newest is waited for, the old one stays until then. */
import type { Problem } from '../api'
import type { Reply } from '../server'

export class Newest<T> {
  answer = $state.raw<T | null>(null)
  problem = $state.raw<Problem | null>(null)
  busy = $state(false)
  #asking: AbortController | null = null

  /** What comes of it; nothing if another question has overtaken it. */
  async ask(question: (signal: AbortSignal) => Promise<Reply<T>>): Promise<Reply<T> | null> {
    this.#asking?.abort()
    const asking = new AbortController()
    this.#asking = asking
    this.busy = true
    try {
      const reply = await question(asking.signal)
      if (this.#asking !== asking) return null
      if (reply.answer) this.answer = reply.answer
      this.problem = reply.problem
      return reply
    } catch {
      return null // Overtaken.
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
    this.answer = this.problem = null
    this.busy = false
  }
}
