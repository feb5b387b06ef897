/** A figure: a question that can be taken back, the newest answer to it, and the cursor in that. */
import { Asking } from './asking.svelte'
import { begin, edit, redo, undo, type History } from './history'
import type { Reply } from './server'

export class Figure<Question, Answer> extends Asking<Question, Answer> {
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
    if (!this.answer && !this.problem && !this.busy) this.restored()
  }

  undo(): void {
    this.#go(undo(this.#history))
  }

  redo(): void {
    this.#go(redo(this.#history))
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
  protected restored(): void {
    void this.ask(this.question)
  }

  #go(history: History<Question>): void {
    if (history === this.#history) return
    this.#history = history
    this.restored()
  }
}
