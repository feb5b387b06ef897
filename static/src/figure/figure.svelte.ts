/** A figure: a question that can be taken back, the newest answer to it, and the cursor in that. */
import { Asking } from './asking.svelte'
import { begin, edit, redo, undo, type History } from './history'
import type { Reply } from './server'

/** What another window needs to show the same, or what of it has changed. */
export type Shared = { question?: unknown; t?: number } & Record<string, unknown>

/** A figure's state, and how another one is taken on. */
export type Follower = { readonly shared: Shared; follows: (shared: Shared) => Promise<void> }

/** Whether something is such a state. */
export const isFollower = (one: unknown): one is Follower =>
  typeof one === 'object' && one !== null && 'shared' in one && 'follows' in one

export class Figure<Question, Answer> extends Asking<Question, Answer> implements Follower {
  #history = $state.raw() as History<Question>
  question = $derived(this.#history.present)
  canUndo = $derived(this.#history.past.length > 0)
  canRedo = $derived(this.#history.future.length > 0)
  /** Where in the answer one looks: see player.ts. */
  t = $state(0)

  constructor(question: Question, send: (question: Question, signal: AbortSignal) => Promise<Reply<Answer>>) {
    super(send)
    this.#history = begin(question)
  }

  /** Once it is seen: asks if nothing is there. */
  wanted(): void {
    if (!this.answer && !this.problem && !this.busy) void this.restored()
  }

  undo(): void {
    this.#go(undo(this.#history))
  }

  redo(): void {
    this.#go(redo(this.#history))
  }

  /** What another window needs to know beside the question and `t`, by its name here. */
  protected readonly also: readonly string[] = []

  /** Where it stands, for another window. */
  get shared(): Shared {
    const also = this.also.map((name) => [name, Reflect.get(this, name) as unknown] as const)
    return { question: this.question, t: this.t, ...Object.fromEntries(also) }
  }

  /** Stands where it does in another window; a question that is another one is asked first. */
  async follows(shared: Shared): Promise<void> {
    const { question, t } = shared
    if (question !== undefined && JSON.stringify(question) !== JSON.stringify(this.question)) {
      this.amend(question as Question)
      await this.restored()
    }
    if (t !== undefined) this.t = t
    for (const name of this.also) if (name in shared) Reflect.set(this, name, shared[name])
  }

  /** Another question, not yet asked. Those of one kind in one breath are taken back together. */
  protected put(question: Question, kind: string): void {
    this.#history = edit(this.#history, question, kind, Date.now())
  }

  /** The same question in other words: no step to take back. */
  protected amend(question: Question): void {
    this.#history = { ...this.#history, present: question }
  }

  /** The question is back at `question`, and so is what undo does if it was the one before. */
  protected retract(question: Question, was: (past: Question) => boolean): void {
    const { past } = this.#history
    const last = past.at(-1)
    const kept = last !== undefined && was(last) ? past.slice(0, -1) : past
    this.#history = { ...this.#history, past: kept, present: question, kind: '' }
  }

  /** What is to be done when undo or redo has brought another question. */
  protected restored(): unknown {
    return this.ask(this.question)
  }

  #go(history: History<Question>): void {
    if (history === this.#history) return
    this.#history = history
    void this.restored()
  }
}
