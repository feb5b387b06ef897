/** An answer that follows a hand: one question at a time, then the newest; a busy server is asked again. */
import type { Problem } from '../api'
import { patiently, Pauses, type Reply, type Waiting } from '../server'

export class Following<Question, Answer> {
  answer = $state.raw<Answer | null>(null)
  /** The question that the answer belongs to. */
  answered = $state.raw<Question | null>(null)
  problem = $state.raw<Problem | null>(null)
  busy = $state(false)
  /** What is said while the server is to be asked again. */
  waiting = $state.raw<Waiting | null>(null)
  #running = false
  #next: { question: Question } | null = null
  #send: (question: Question) => Promise<Reply<Answer>>
  /** Whether what is asked for still matters. */
  #present = new AbortController()
  #pauses = new Pauses()

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
    this.#present.abort()
    this.#present = new AbortController()
    this.answer = this.answered = this.problem = this.waiting = null
  }

  async #follow(): Promise<void> {
    this.#running = this.busy = true
    while (this.#next) {
      let { question } = this.#next
      const { signal } = this.#present
      // What has been asked meanwhile is asked instead, at the moment that the server named.
      const ask = (): Promise<Reply<Answer>> => {
        question = this.#next?.question ?? question
        this.#next = null
        return this.#send(question)
      }
      const told = (waiting: Waiting | null): void => {
        if (signal.aborted) return
        this.waiting = waiting
        if (waiting) this.problem = null
      }
      const reply = await patiently(ask, signal, told, this.#pauses).catch(() => null)
      if (!reply || signal.aborted) continue
      this.problem = reply.problem
      if (reply.answer) {
        this.answer = reply.answer
        this.answered = question
      }
    }
    this.#running = this.busy = false
  }
}
