/** An answer that follows its question: the newest question wins, the old answer stays until then. */
import { untrack } from 'svelte'
import type { Problem } from './api'
import { patiently, Pauses, type Reply, type Waiting } from './server'

export class Asking<Question, Answer> {
  answer = $state.raw<Answer | null>(null)
  /** The question that the answer belongs to. */
  answered = $state.raw<Question | null>(null)
  problem = $state.raw<Problem | null>(null)
  /** What is said while a server that is busy or out of reach is to be asked again. */
  waiting = $state.raw<Waiting | null>(null)
  busy = $state(false)
  #send: (question: Question, signal: AbortSignal) => Promise<Reply<Answer>>
  /** Whether what is asked still matters. */
  #present: AbortController | null = null
  #next: { question: Question } | null = null
  #pauses = new Pauses()

  constructor(send: (question: Question, signal: AbortSignal) => Promise<Reply<Answer>>) {
    this.#send = send
  }

  /** At once: what is under way is dropped, on the wire and here. Whether this question has been answered. */
  ask(question: Question): Promise<boolean> {
    this.#present?.abort()
    this.#next = null
    return this.#run(question)
  }

  /** As things move: what is under way is answered first, and then only the newest of these is asked. */
  follow(question: Question): void {
    if (this.#present) this.#next = { question }
    else void this.#run(question)
  }

  /** Nobody waits any more for what is under way; what is there stays. */
  leave(): void {
    this.#present?.abort()
    this.#present = this.#next = this.waiting = null
    this.busy = false
  }

  /** What was asked no longer matters. */
  forget(): void {
    this.#present?.abort()
    this.#present = this.#next = null
    this.answer = this.answered = this.problem = this.waiting = null
    this.busy = false
  }

  /** What a reply that nothing has overtaken changes. */
  protected take({ answer, problem }: Reply<Answer>, question: Question): void {
    this.problem = problem
    if (answer === null) return
    this.answer = answer
    this.answered = question
  }

  async #run(first: Question): Promise<boolean> {
    const present = new AbortController()
    const { signal } = present
    this.#present = present
    this.busy = true
    // An effect that asks is not to run again because it is waited for.
    const waited = untrack(() => this.waiting)
    if (waited) this.waiting = { ...waited, seconds: 0 }
    let question = first
    // What has been asked meanwhile is asked instead, at the moment that the server named.
    const ask = (): Promise<Reply<Answer>> => {
      question = this.#next?.question ?? question
      this.#next = null
      return this.#send(question, signal)
    }
    const told = (waiting: Waiting | null): void => {
      if (signal.aborted) return
      this.waiting = waiting
      if (waiting) this.problem = null
    }
    let done = false
    try {
      do {
        const reply = await patiently(ask, signal, told, this.#pauses)
        if (signal.aborted) return false
        this.take(reply, question)
        if (question === first) done = reply.answer !== null
      } while (this.#next)
    } catch (error) {
      if (!signal.aborted) throw error
    } finally {
      if (this.#present === present) {
        this.#present = null
        this.busy = false
      }
    }
    return done
  }
}
