/** The page's state: the network asked about, the server's answer, and which layer one looks at. */
import type { Problem } from '../figure/api'
import { begin, edit, redo, undo, type History } from '../figure/history'
import { askNetwork } from './asking'
import * as editing from './editing'
import { Newest } from '../figure/asking.svelte'
import type { Asked, LayerSpec, NetworkAnswer, NetworkSpec, Row, Value, Volume } from './types'

const TYPING_MILLISECONDS = 200
const SIZES = 'The input is channels, height, width, such as 3, 32, 32, or one number for a vector.'

type Snapshot = { asked: Asked; open: string[] | null; chosen: string | null }
type First = {
  question: Asked & { open?: string[] }
  answer: NetworkAnswer | null
  problem: Problem | null
  chosen: string | null
}

export class Networks {
  asked = $state.raw<Asked>({})
  /** Groups that are drawn opened; null: as the server thinks best. */
  open = $state.raw<string[] | null>(null)
  answer = $state.raw<NetworkAnswer | null>(null)
  /** What the answer belongs to; while the server is waited for, more may have been asked. */
  answered = $state.raw<Asked | null>(null)
  problem = $state.raw<Problem | null>(null)
  /** An edit that the server did not take; the network is the one before it. */
  refused = $state.raw<Problem | null>(null)
  #asking = new Newest<NetworkAnswer>()
  /** What is said while a server that is busy or out of reach is to be asked again. */
  waiting = $derived(this.#asking.waiting)
  /** Whether the network is too long for a link. */
  unlinked = $state(false)
  /** Why the sizes that were typed are none. */
  misread = $state('')
  /** The name of the layer or closed group one looks at. */
  chosen = $state<string | null>(null)
  /** Whether layers behind a change take on the channels they are given. */
  mend = $state(true)
  text = $state('')
  input = $state('')

  #history = $state.raw<History<Snapshot>>(begin({ asked: {}, open: null, chosen: null }))
  canUndo = $derived(this.#history.past.length > 0)
  canRedo = $derived(this.#history.future.length > 0)
  row = $derived<Row | null>(this.answer?.rows.find(({ name }) => name === this.chosen) ?? null)
  volume = $derived<Volume | null>(
    this.answer?.drawing.volumes.find(({ name }) => name === this.chosen) ?? null,
  )
  /** The network with every edit in it, answered or not: what the next edit starts from. */
  newest = $derived<NetworkSpec | null>(this.asked.network ?? this.answer?.network ?? null)
  /** The chosen layer of the newest network; null for a group, and for what comes in. */
  edited = $derived<string | null>(this.#names().includes(this.chosen ?? '') ? this.chosen : null)
  /** Behind which layer a piece goes that is chosen without a place. */
  after = $derived<string>(this.edited ?? this.#names().at(-1) ?? editing.INPUT)
  layer = $derived<LayerSpec | null>(
    this.answer?.network.layers.find(({ name }) => name === this.chosen)?.layer ?? null,
  )

  /** Whether the answer that is waited for writes the code anew. */
  #rewrite = false
  #typing: ReturnType<typeof setTimeout> | undefined

  constructor({ question, answer, problem, chosen }: First) {
    const { open, ...asked } = question
    this.asked = asked
    this.open = open ?? null
    this.problem = problem
    this.chosen = chosen
    if (answer) this.#show(answer, asked)
    this.text = asked.source ?? answer?.code ?? ''
    this.input = (answer?.input ?? asked.input ?? [3, 224, 224]).join(', ')
    this.#history = begin(this.#snapshot())
  }

  /** One of the well-known. */
  openArchitecture(name: string, strideOn: string | null = null): void {
    this.chosen = null
    this.open = null
    this.#go({ architecture: name, ...(strideOn ? { stride_on: strideOn } : {}) }, '')
  }

  /** Code as it is typed; what is on screen stays until it can be read. */
  type(text: string, input = this.input): void {
    this.text = text
    this.input = input
    this.misread = ''
    clearTimeout(this.#typing)
    this.#typing = setTimeout(() => {
      this.#typing = undefined
      this.open = null
      this.#go({ source: text, input: sizesOf(this.input) }, 'text', false)
    }, TYPING_MILLISECONDS)
  }

  /** Another size of what comes in; the layers stay. */
  resize(input: string): void {
    const typing = this.#typing !== undefined || this.problem !== null
    if (this.asked.source !== undefined || typing || !this.newest) {
      this.type(this.text, input)
      return
    }
    this.input = input
    this.misread = sizesSay(input)
    if (!this.misread) this.#change({ ...this.newest, input: sizesOf(input) }, 'input')
  }

  #names(): string[] {
    return this.newest ? editing.wired(this.newest).map(({ name }) => name) : []
  }

  set(argument: string, value: Value): void {
    const [network, name] = [this.newest, this.edited]
    if (!network || name === null) return
    this.#change(editing.setArgument(network, name, argument, value), `${name} ${argument}`)
  }

  insert(layer: LayerSpec, after: string, operands: number): void {
    const network = this.newest
    if (!network || ![editing.INPUT, ...this.#names()].includes(after)) return
    const others = operands > 1 ? [this.#partner(after)] : []
    const done = editing.insert(network, after, layer, others)
    this.chosen = done.name
    this.#change(done.network, '')
  }

  /** An earlier layer of the same size, for an addition to join; else what comes in. */
  #partner(after: string): string {
    const rows = this.answer?.rows ?? []
    const at = rows.findIndex(({ name }) => name === after)
    const like = String(rows[at]?.output)
    const names = this.#names()
    const before = names.slice(0, Math.max(names.indexOf(after), 0))
    return (
      rows
        .slice(0, Math.max(at, 0))
        .findLast(({ name, output }) => before.includes(name) && String(output) === like)?.name ??
      editing.INPUT
    )
  }

  remove(): void {
    const [network, name] = [this.newest, this.edited]
    if (!network || name === null || network.layers.length === 1) return
    const at = this.#names().indexOf(name)
    const changed = editing.remove(network, name)
    this.chosen = changed.layers[Math.min(at, changed.layers.length - 1)]?.name ?? null
    this.#change(changed, '')
  }

  move(name: string, after: string): void {
    const network = this.newest
    if (network && [editing.INPUT, ...this.#names()].includes(after))
      this.#moved(editing.move(network, name, after))
  }

  shift(by: -1 | 1): void {
    const [network, name] = [this.newest, this.edited]
    if (network && name !== null) this.#moved(editing.shift(network, name, by))
  }

  setSource(position: number, source: string): void {
    const [network, name] = [this.newest, this.edited]
    if (network && name !== null) this.#change(editing.setSource(network, name, position, source), '')
  }

  #moved(done: { network: NetworkSpec; name: string } | null): void {
    if (!done) return
    this.chosen = done.name
    this.#change(done.network, '')
  }

  /** Open a closed group, or close an open one. */
  toggle(group: string): void {
    const open = this.answer?.drawing.open ?? []
    this.open = open.includes(group)
      ? open.filter((name) => name !== group && !name.startsWith(`${group}.`))
      : [...open, group]
    this.chosen = open.includes(group) ? group : null
    this.#ask()
  }

  undo(): void {
    this.#restore(undo(this.#history))
  }

  redo(): void {
    this.#restore(redo(this.#history))
  }

  #change(network: NetworkSpec, kind: string): void {
    this.open = this.answer?.drawing.open ?? null
    this.#go({ network }, kind)
  }

  #go(asked: Asked, kind: string, rewrite = true): void {
    this.#stopTyping()
    this.asked = asked
    this.#rewrite = rewrite
    this.#history = edit(this.#history, this.#snapshot(), kind, Date.now())
    this.#ask()
  }

  #stopTyping(): void {
    clearTimeout(this.#typing)
    this.#typing = undefined
  }

  #snapshot(): Snapshot {
    return { asked: this.asked, open: this.open, chosen: this.chosen }
  }

  #restore(history: History<Snapshot>): void {
    if (history === this.#history) return
    this.#stopTyping()
    this.#history = history
    this.misread = ''
    ;({ asked: this.asked, open: this.open, chosen: this.chosen } = history.present)
    this.#rewrite = true
    this.#ask()
  }

  #ask(): void {
    const asked = this.asked
    const mend = this.mend && asked.network !== undefined
    void this.#asking.ask(
      (signal) => askNetwork(asked, this.open, mend, signal),
      ({ answer, problem }) => {
        this.refused = null
        if (problem && asked.network && this.answered) this.#refuse(problem, this.answered)
        else this.problem = problem
        if (answer) this.#accept(answer, asked, mend)
      },
    )
  }

  /** An edit that cannot be: back to what the answer on screen belongs to, and no step to undo. */
  #refuse(problem: Problem, answered: Asked): void {
    this.refused = problem
    this.asked = answered
    if (this.answer) this.#show(this.answer, answered)
    this.input = this.answer?.input.join(', ') ?? this.input
    const past = this.#history.past
    this.#history = {
      ...this.#history,
      past: past.at(-1)?.asked === answered ? past.slice(0, -1) : past,
      present: this.#snapshot(),
      kind: '',
    }
  }

  #accept(answer: NetworkAnswer, asked: Asked, mend: boolean): void {
    if (mend) {
      this.asked = { network: answer.network }
      this.#history = { ...this.#history, present: { ...this.#history.present, asked: this.asked } }
    }
    this.#show(answer, this.asked)
    if (this.#rewrite && this.#typing === undefined) {
      this.input = answer.input.join(', ')
      this.misread = ''
      this.text = asked.source ?? answer.code ?? ''
    }
    this.#rewrite = false
  }

  #show(answer: NetworkAnswer, asked: Asked): void {
    this.answer = answer
    this.answered = asked
    const there = answer.drawing.volumes.some(({ name }) => name === this.chosen)
    if (!there && !answer.rows.some(({ name }) => name === this.chosen)) this.chosen = null
  }
}

/** "3, 32, 32" as numbers; empty if it is none. */
export function sizesOf(typed: string): number[] {
  const parts = typed.split(/[\s,×x]+/).filter(Boolean)
  const sizes = parts.map(Number)
  return sizes.every((n) => Number.isInteger(n) && n > 0) ? sizes : []
}

/** What is wrong with sizes as they were typed, in words; nothing if they can be. */
export const sizesSay = (typed: string): string => ([1, 3].includes(sizesOf(typed).length) ? '' : SIZES)
