/** Which pixels a class's score comes from, by every method, one question after the other. */
import type { Problem } from '../figure/api'
import { Asking } from '../figure/asking.svelte'
import type { Reply } from '../figure/server'
import type { Asked } from '../activations/types'
import { askAttribution, type Attribution } from './asking'

/** What takes seconds is asked for last. */
const SLOW = ['occlusion', 'smoothgrad']

type Wanted = { body: Asked; method: string }

export class Attributions extends Asking<Wanted, Attribution> {
  answers = $state.raw<Readonly<Record<string, Attribution>>>({})
  problems = $state.raw<Readonly<Record<string, Problem>>>({})
  /** The method that is being asked for. */
  asking = $state<string | null>(null)
  /** Counts the times of asking: of a later one the methods of an earlier are not asked for any more. */
  #time = 0

  constructor() {
    super(({ body, method }, signal) => askAttribution(body, method, signal))
  }

  /** All methods anew; what is there stays until its successor comes. */
  async askAll(body: Asked, methods: readonly string[]): Promise<void> {
    const time = ++this.#time
    this.problems = {}
    for (const method of [...methods].sort((a, b) => SLOW.indexOf(a) - SLOW.indexOf(b))) {
      this.asking = method
      await this.ask({ body, method })
      if (time !== this.#time) return
    }
    this.asking = null
  }

  protected override take(reply: Reply<Attribution>, { method }: Wanted): void {
    if (reply.answer) this.answers = { ...this.answers, [method]: reply.answer }
    else this.problems = { ...this.problems, [method]: reply.problem }
  }

  stop(): void {
    this.#time += 1
    this.leave()
    this.asking = null
  }
}
