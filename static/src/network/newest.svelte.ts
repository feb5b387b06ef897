/** An answer that follows its question: only the newest is waited for, the old one stays until then. */
import type { Problem } from '../api'
import { waitingSays, type Reply } from '../server'

export class Newest<T> {
  answer = $state.raw<T | null>(null)
  problem = $state.raw<Problem | null>(null)
  /** What is said while a server that is busy or out of reach is to be asked again. */
  waiting = $state<string | null>(null)
  busy = $state(false)
  #asking: AbortController | null = null
  #again: ReturnType<typeof setTimeout> | undefined

  /** `then`: what follows from the reply, whichever time of asking it comes at. */
  async ask(
    question: (signal: AbortSignal) => Promise<Reply<T>>,
    then?: (reply: Reply<T>) => void,
  ): Promise<void> {
    this.#stop()
    const asking = new AbortController()
    this.#asking = asking
    this.busy = true
    let retry: number | undefined
    try {
      const reply = await question(asking.signal)
      if (this.#asking !== asking) return
      retry = reply.retry
      if (reply.answer) this.answer = reply.answer
      this.waiting = reply.problem && retry !== undefined ? waitingSays(reply.problem) : null
      this.problem = retry === undefined ? reply.problem : null
      if (retry === undefined) then?.(reply)
      else this.#again = setTimeout(() => void this.ask(question, then), 1000 * retry)
    } catch {
      // Overtaken.
    } finally {
      if (this.#asking === asking) {
        this.#asking = null
        this.busy = retry !== undefined
      }
    }
  }

  forget(): void {
    this.#stop()
    this.answer = this.problem = this.waiting = null
    this.busy = false
  }

  #stop(): void {
    clearTimeout(this.#again)
    this.#asking?.abort()
    this.#asking = null
  }
}
