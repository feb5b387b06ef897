/** The page's state: the question (as typed), the server's answer to it, and the cursor in it. */
import type { Answer, GraphText, Layout, Mistake, Nested, Problem, Question, Told } from '../figure/api'
import { Figure } from '../figure/figure.svelte'
import { stayed } from '../figure/player'
import { askExpression, type Reply } from '../figure/server'
import { sameForm } from './link'
import { FEW, whole } from './moments'
import { revealOf } from './reveal'

const TYPING_MILLISECONDS = 120
export const PREVIEW = 1024

/** `graph`: asked instead of the text; `numbers`: as many as on screen, which need no layout. */
type Pass = {
  text: string
  inputs: Record<string, Nested>
  mistake: Mistake | null
  graph?: GraphText
  numbers?: boolean
}
/** Where an expression is opened: at a step, at the end, or at what is seen at first of an example of ours. */
type Opening = number | 'middle' | null
type First = { question: Question; answer: Told | null; problem: Problem | null; step: Opening }

async function send({ text, graph, numbers, ...rest }: Pass, signal: AbortSignal): Promise<Reply<Answer>> {
  const question = {
    ...rest,
    expression: graph ?? text,
    fill: true,
    layout: !numbers,
    preview: PREVIEW,
    steps: FEW,
  }
  const reply = await askExpression(question, signal)
  return reply.answer ? { ...reply, answer: whole(reply.answer, question) } : reply
}

export class Expression extends Figure<Pass, Answer> {
  text = $derived(this.question.text)
  inputs = $derived(this.question.inputs)
  mistake = $derived(this.question.mistake)
  layout = $state.raw<Layout | null>(null)
  reveal = $derived(this.answer ? revealOf(this.answer) : null)
  /** The inputs of what is typed, in the order in which it speaks of them, though it may not work yet. */
  names = $derived(
    this.problem?.inputs ?? this.answer?.nodes.filter(({ op }) => op === 'input').map(({ id }) => id) ?? [],
  )
  /** Inputs whose values somebody chose: these are not exchanged without being asked. */
  // eslint-disable-next-line svelte/prefer-svelte-reactivity -- nothing is drawn from it
  #chosen = new Set<string>()
  #typing: ReturnType<typeof setTimeout> | undefined
  /** The step at which it stands by itself; what is asked then is seen as a whole. */
  #opening: number | null = null

  constructor({ question, answer, problem, step }: First) {
    const text = typeof question.expression === 'string' ? question.expression : (answer?.expression ?? '')
    super({ text, inputs: question.inputs, mistake: question.mistake ?? null }, send)
    this.answer = answer && whole(answer, { ...question, fill: true })
    this.layout = answer?.layout ?? null
    this.problem = problem
    const count = answer?.track.count ?? 0
    if (step === 'middle') step = this.#opening = Math.ceil(count / 2)
    this.t = Math.min(step ?? Infinity, count)
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

  /** The value that an input's field shows. */
  valueOf(name: string): Nested {
    const { answer, problem } = this
    return (this.inputs[name] ?? answer?.inputs[name] ?? problem?.fits?.[name] ?? 1) as Nested
  }

  /** Take the values that the server says would fit. */
  fit(values: Record<string, Nested>): void {
    this.#edit({ inputs: { ...this.inputs, ...values } }, '')
    void this.ask(this.question)
  }

  type(text: string): void {
    this.put({ ...this.question, text }, 'text')
    clearTimeout(this.#typing)
    this.#typing = setTimeout(() => void this.ask(this.question), TYPING_MILLISECONDS)
  }

  /** An example, or anything else that replaces it all: every number of it is to be seen. */
  async open(text: string, inputs: Record<string, Nested>): Promise<boolean> {
    this.#chosen.clear()
    this.#edit({ text, inputs, mistake: null }, '')
    const done = await this.ask(this.question)
    if (done && this.reveal) this.t = this.reveal.count
    return done
  }

  async build(graph: GraphText, inputs: Record<string, Nested> = {}): Promise<boolean> {
    clearTimeout(this.#typing)
    const done = await this.ask({ ...this.question, inputs: { ...this.inputs, ...inputs }, graph })
    if (done && this.answer)
      this.#edit({ text: this.answer.expression, inputs: { ...this.inputs, ...inputs } }, '')
    return done
  }

  /** A new value for an input; while it is dragged the drawing follows without being laid out again. */
  setInput(name: string, value: Nested, settled = true): void {
    const before = this.inputs[name] ?? this.answer?.inputs[name]
    this.#chosen.add(name)
    this.#edit({ inputs: { ...this.inputs, [name]: value } }, `input ${name}`)
    if (settled || !sameForm(before, value)) void this.ask(this.question)
    else this.follow({ ...this.question, numbers: true })
  }

  setMistake(mistake: Mistake | null): void {
    this.#edit({ mistake }, '')
    void this.ask(this.question)
  }

  protected override restored(): unknown {
    clearTimeout(this.#typing)
    return super.restored()
  }

  /** What was left over from another expression and does not fit this one gives way to examples. */
  #exchanged({ fits = {} }: Problem, question: Pass): boolean {
    const left = Object.keys(fits).filter((name) => name in question.inputs)
    const mine = question.graph || question.text !== this.text || question.inputs !== this.inputs
    if (mine || !left.length || left.some((name) => this.#chosen.has(name))) return false
    const kept = Object.entries(this.inputs).filter(([name]) => !left.includes(name))
    this.amend({ ...this.question, inputs: Object.fromEntries(kept) })
    void this.ask(this.question)
    return true
  }

  #edit(part: Partial<Pass>, kind: string): void {
    clearTimeout(this.#typing)
    this.put({ ...this.question, ...part }, kind)
  }

  protected override take(reply: Reply<Answer>, question: Pass): void {
    const { answer: before, reveal } = this
    const { answer } = reply
    // Numbers of another expression fit no drawing of this one.
    const strange = answer?.nodes.length !== before?.nodes.length || question.text !== this.text
    if (question.numbers && answer && strange) return
    if (reply.problem && this.#exchanged(reply.problem, question)) return
    super.take(reply, question)
    if (!answer) return
    this.layout = answer.layout ?? this.layout
    if (this.reveal)
      this.t = this.t === this.#opening ? this.reveal.count : stayed(this.t, reveal, this.reveal)
    this.#opening = null
  }
}
