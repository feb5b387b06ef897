/**
 * Steps that do not come with their answer: they are fetched where one looks, a batch at a time, and kept as long
 * as the answer that they belong to is on screen.
 */
import type { Problem } from './api'
import { json, patiently, post, problemIn } from './server'

/** What is fetched is kept, up to so much. */
const MOST_BATCHES = 160

export class Steps<Batch> {
  /** Why the steps that are to be shown are not there. */
  trouble = $state.raw<Problem | null>(null)
  #batches = $state.raw<Readonly<Record<number, Batch>>>({})
  #loading: number[] = []
  /** Of the present answer. */
  #present = new AbortController()
  #question: object = {}
  #count = 0
  #size = 1
  #route: string

  constructor(route: string) {
    this.#route = route
  }

  /** Another answer is shown, of so many steps: what was fetched is none of its steps. */
  of(question: object, { count, batch }: { count: number; batch: number }): void {
    this.#present.abort()
    this.#present = new AbortController()
    this.#loading = []
    this.#batches = {}
    this.trouble = null
    this.#question = question
    this.#count = count
    this.#size = batch
  }

  /** The batch that a step is in, if it is there. */
  batchOf(step: number): Batch | null {
    return this.#batches[Math.floor(step / this.#size)] ?? null
  }

  get batches(): Batch[] {
    return Object.values(this.#batches)
  }

  /** Fetch the batches that these steps are in; those that there are not are passed over. */
  want(steps: Iterable<number>): void {
    for (const step of steps)
      if (step >= 0 && step < this.#count) void this.#load(Math.floor(step / this.#size))
  }

  async #load(number: number): Promise<void> {
    if (this.#loading.includes(number) || this.#batches[number]) return
    this.#loading.push(number)
    const { signal } = this.#present
    const body = { ...this.#question, first: number * this.#size, count: this.#size }
    const ask = async () => {
      const reply = await post<Batch>(this.#route, body, signal, json)
      if (!signal.aborted) this.trouble = problemIn(reply)
      return reply
    }
    const reply = await patiently(ask, signal).catch(() => null)
    if (signal.aborted || !reply) return
    this.#loading = this.#loading.filter((other) => other !== number)
    if (reply.answer) {
      const kept = Object.keys(this.#batches).length < MOST_BATCHES ? this.#batches : {}
      this.#batches = { ...kept, [number]: reply.answer }
    }
  }
}
