/** The page's state: the question (as typed), the server's answer to it, and the cursor in it. */
import type { Answer, GraphText, Layout, Mistake, Nested, Problem, Question, Told } from '../figure/api'
import { begin, edit, redo, undo, type History } from '../figure/history'
import { sameForm } from './link'
import { FEW, whole } from './moments'
import { revealOf } from './reveal'
import { askExpression, patiently, Pauses, type Reply, type Waiting } from '../figure/server'

const TYPING_MILLISECONDS = 120
export const PREVIEW = 1024

type Snapshot = { text: string; inputs: Record<string, Nested>; mistake: Mistake | null }
type First = { question: Question; answer: Told | null; problem: Problem | null; step: number | null }

export class Expression {
  text = $state('')
  inputs = $state.raw<Record<string, Nested>>({})
  mistake = $state<Mistake | null>(null)
  answer = $state.raw<Answer | null>(null)
  layout = $state.raw<Layout | null>(null)
  problem = $state.raw<Problem | null>(null)
  /** Where in the answer one looks: see player.ts. */
  t = $state(0)
  busy = $state(false)
  /** What is said while a server that is busy or out of reach is to be asked again. */
  waiting = $state.raw<Waiting | null>(null)
  reveal = $derived(this.answer ? revealOf(this.answer) : null)

  #history = $state.raw<History<Snapshot>>(begin({ text: '', inputs: {}, mistake: null }))
  canUndo = $derived(this.#history.past.length > 0)
  canRedo = $derived(this.#history.future.length > 0)

  #typing: ReturnType<typeof setTimeout> | undefined
  #asking: AbortController | null = null
  #following: AbortController | null = null
  #followAgain = false
  #pauses = new Pauses()

  constructor({ question, answer, problem, step }: First) {
    this.text = typeof question.expression === 'string' ? question.expression : (answer?.expression ?? '')
    this.inputs = question.inputs
    this.mistake = question.mistake ?? null
    this.answer = answer && whole(answer, { ...question, fill: true })
    this.layout = answer?.layout ?? null
    this.problem = problem
    this.t = Math.min(step ?? Infinity, answer?.track.count ?? 0)
    this.#history = begin(this.#snapshot())
  }

  /** The question that the answer on screen belongs to. */
  get asked(): Question {
    return {
      expression: this.answer?.expression ?? this.text,
      inputs: this.usedInputs,
      fill: true,
      mistake: this.mistake,
    }
  }

  /** The inputs of the present expression only, each as it was given. */
  get usedInputs(): Record<string, Nested> {
    if (!this.answer) return this.inputs
    const used: Record<string, Nested> = {}
    for (const [name, value] of Object.entries(this.answer.inputs)) {
      const given = this.inputs[name] ?? value
      if (typeof given === 'number' || Array.isArray(given)) used[name] = given
    }
    return used
  }

  type(text: string): void {
    this.text = text
    this.#keep('text')
    clearTimeout(this.#typing)
    this.#typing = setTimeout(() => void this.#ask(text), TYPING_MILLISECONDS)
  }

  /** An example, or anything else that replaces it all. */
  open(text: string, inputs: Record<string, Nested>): Promise<boolean> {
    this.text = text
    this.inputs = inputs
    this.mistake = null
    this.#keep('')
    return this.#ask(text)
  }

  async build(graph: GraphText, inputs: Record<string, Nested> = {}): Promise<boolean> {
    const before = this.inputs
    const built = { ...this.inputs, ...inputs }
    this.inputs = built
    const done = await this.#ask(graph)
    if (done && this.answer) {
      this.text = this.answer.expression
      this.#keep('')
    } else if (this.inputs === built) {
      this.inputs = before
    }
    return done
  }

  /** A new value for an input; while it is dragged the drawing follows without being laid out again. */
  setInput(name: string, value: Nested, settled = true): void {
    const before = this.inputs[name] ?? this.answer?.inputs[name]
    this.inputs = { ...this.inputs, [name]: value }
    this.#keep(`input ${name}`)
    if (settled || !sameForm(before, value)) void this.#ask(this.text)
    else void this.#follow()
  }

  setMistake(mistake: Mistake | null): void {
    this.mistake = mistake
    this.#keep('')
    void this.#ask(this.text)
  }

  undo(): void {
    this.#restore(undo(this.#history))
  }

  redo(): void {
    this.#restore(redo(this.#history))
  }

  #snapshot(): Snapshot {
    return { text: this.text, inputs: this.inputs, mistake: this.mistake }
  }

  #keep(kind: string): void {
    this.#history = edit(this.#history, this.#snapshot(), kind, Date.now())
  }

  #restore(history: History<Snapshot>): void {
    if (history === this.#history) return
    this.#history = history
    ;({ text: this.text, inputs: this.inputs, mistake: this.mistake } = history.present)
    void this.#ask(this.text)
  }

  /** Ask with a layout. A question that has been overtaken is dropped, on the wire and here. */
  async #ask(expression: string | GraphText): Promise<boolean> {
    clearTimeout(this.#typing)
    this.#asking?.abort()
    this.#following?.abort()
    this.#followAgain = false
    const asking = new AbortController()
    this.#asking = asking
    this.busy = true
    try {
      const { signal } = asking
      const reply = await this.#patiently(
        () => this.#send(this.#question(expression, true), signal),
        () => this.#asking === asking,
        signal,
      )
      if (this.#asking !== asking) return false
      if (reply.answer) this.#show(reply.answer)
      this.problem = reply.problem
      return reply.answer !== null
    } catch {
      return false
    } finally {
      if (this.#asking === asking) {
        this.#asking = null
        this.busy = false
        if (this.#followAgain && expression === this.text) void this.#follow()
      }
    }
  }

  /** Ask for numbers alone, one question at a time, always the newest. */
  async #follow(): Promise<void> {
    if (this.#asking || this.#following) {
      this.#followAgain = true
      return
    }
    const following = new AbortController()
    const { signal } = following
    this.#following = following
    const ask = (): Promise<Reply<Answer>> => {
      this.#followAgain = false
      return this.#send(this.#question(this.text, false), signal)
    }
    try {
      do {
        const reply = await this.#patiently(ask, () => !signal.aborted, signal)
        if (signal.aborted) return
        if (reply.answer && this.answer && reply.answer.nodes.length === this.answer.nodes.length) {
          this.answer = reply.answer
        }
        this.problem = reply.problem
      } while (this.#followAgain)
    } catch {
      // Overtaken by a question with a layout.
    } finally {
      if (this.#following === following) this.#following = null
    }
  }

  /** A server that is busy or out of reach is asked again, which is said as long as it is this that is asked. */
  #patiently(
    ask: () => Promise<Reply<Answer>>,
    present: () => boolean,
    signal: AbortSignal,
  ): Promise<Reply<Answer>> {
    if (this.waiting) this.waiting = { ...this.waiting, seconds: 0 }
    const told = (waiting: Waiting | null): void => {
      if (!present()) return
      this.waiting = waiting
      if (waiting) this.problem = null
    }
    return patiently(ask, signal, told, this.#pauses)
  }

  #question(expression: string | GraphText, layout: boolean): Question {
    return {
      expression,
      inputs: this.inputs,
      fill: true,
      mistake: this.mistake,
      layout,
      preview: PREVIEW,
      steps: FEW,
    }
  }

  async #send(question: Question, signal: AbortSignal): Promise<Reply<Answer>> {
    const reply = await askExpression(question, signal)
    return reply.answer ? { ...reply, answer: whole(reply.answer, question) } : reply
  }

  /** At the end one stays at the end; elsewhere one stays where one is, if the graph is the same. */
  #show(answer: Answer): void {
    const before = this.answer
    const atEnd = !before || this.t >= before.steps.length
    const same = before !== null && before.steps.length === answer.steps.length
    this.answer = answer
    this.layout = answer.layout ?? this.layout
    if (atEnd || !same) this.t = answer.steps.length
  }
}
