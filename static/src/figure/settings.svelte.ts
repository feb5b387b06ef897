/** A figure whose question is a few settings, each set by itself. */
import type { Problem } from './api'
import { Figure } from './figure.svelte'
import type { Reply } from './server'

export class Settings<Question extends object, Answer> extends Figure<Question, Answer> {
  #pause: number
  #wait: ReturnType<typeof setTimeout> | undefined

  /** `pause`: milliseconds that a change is waited with, where an answer takes long. */
  constructor(
    question: Question,
    send: (question: Question, signal: AbortSignal) => Promise<Reply<Answer>>,
    pause = 0,
  ) {
    super(question, send)
    this.#pause = pause
  }

  /** What is there from the start. */
  begin(answer: Answer | null, problem: Problem | null = null): this {
    this.answer = answer
    this.answered = answer && this.question
    this.problem = problem
    return this
  }

  /** What is dragged is one step to take back, and never queues: the newest is asked. */
  change(part: Partial<Question>, kind = Object.keys(part).join()): void {
    this.put({ ...this.question, ...part }, kind)
    clearTimeout(this.#wait)
    if (this.#pause) this.#wait = setTimeout(() => this.follow(this.question), this.#pause)
    else this.follow(this.question)
  }

  protected override restored(): unknown {
    clearTimeout(this.#wait)
    return super.restored()
  }
}
