/** An answer that follows a hand: one question at a time, then the newest; a busy server is asked again. */
import type { Problem } from '../api'
import { waitingSays, type Reply } from '../server'

export class Following<Question, Answer> {
  answer = $state.raw<Answer | null>(null)
  /** The question that the answer belongs to. */
  answered = $state.raw<Question | null>(null)
  problem = $state.raw<Problem | null>(null)
  busy = $state(false)
  /** What is said while the server is to be asked again. */
  waiting = $state<string | null>(null)
  #running = false
  #next: { question: Question } | null = null
  #send: (question: Question) => Promise<Reply<Answer>>

  constructor(send: (question: Question) => Promise<Reply<Answer>>) {
    this.#send = send
  }

  ask(question: Question): void {
    this.#next = { question }
    // Not `busy`: an effect that asks is not to run again because it has asked.
    if (!this.#running) void this.#follow()
  }

  /** What was asked no longer matters. */
  forget(): void {
    this.#next = null
    this.#forgotten += 1
    this.answer = this.answered = this.problem = null
  }
  #forgotten = 0

  async #follow(): Promise<void> {
    this.#running = this.busy = true
    while (this.#next) {
      const { question } = this.#next
      const era = this.#forgotten
      this.#next = null
      const reply = await this.#send(question)
      if (era !== this.#forgotten) continue
      this.waiting = reply.problem && reply.retry !== undefined ? waitingSays(reply.problem) : null
      this.problem = this.waiting === null ? reply.problem : null
      if (reply.answer) {
        this.answer = reply.answer
        this.answered = question
      } else if (reply.retry !== undefined) {
        await new Promise((resolve) => setTimeout(resolve, 1000 * Math.max(0.2, reply.retry ?? 1)))
        if (era === this.#forgotten) this.#next ??= { question }
      }
    }
    this.#running = this.busy = false
  }
}
