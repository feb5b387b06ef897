/** An answer that follows its question: only the newest is waited for, the old one stays until then. */
import type { Problem } from './api'
import { patiently, Pauses, type Reply, type Waiting } from './server'

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
