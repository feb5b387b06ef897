/** The page's state: the network asked about, the server's answer, and which layer one looks at. */
import type { Problem } from '../api'
import { begin, edit, redo, undo, type History } from '../history'
import { askNetwork } from './asking'
import * as editing from './editing'
import { Newest } from './newest.svelte'
import type { Asked, LayerSpec, NetworkAnswer, NetworkSpec, Row, Value, Volume } from './types'

const TYPING_MILLISECONDS = 200

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
  problem = $state.raw<Problem | null>(null)
  /** The name of the layer or closed group one looks at. */
  chosen = $state<string | null>(null)
  /** Whether layers behind a change take on the channels they are given. */
  mend = $state(true)
  text = $state('')
  input = $state('')
  #newest = new Newest<NetworkAnswer>()
  busy = $derived(this.#newest.busy)

  #history = $state.raw<History<Snapshot>>(begin({ asked: {}, open: null, chosen: null }))
  canUndo = $derived(this.#history.past.length > 0)
  canRedo = $derived(this.#history.future.length > 0)
  row = $derived<Row | null>(this.answer?.rows.find(({ name }) => name === this.chosen) ?? null)
  volume = $derived<Volume | null>(
    this.answer?.drawing.volumes.find(({ name }) => name === this.chosen) ?? null,
  )
  layer = $derived<LayerSpec | null>(
    this.answer?.network.layers.find(({ name }) => name === this.chosen)?.layer ?? null,
  )

  #typing: ReturnType<typeof setTimeout> | undefined

  constructor({ question, answer, problem, chosen }: First) {
    const { open, ...asked } = question
    this.asked = asked
    this.open = open ?? null
    this.problem = problem
    this.chosen = chosen
    if (answer) this.#show(answer)
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
    clearTimeout(this.#typing)
    this.#typing = setTimeout(() => {
      this.#typing = undefined
      this.open = null
      this.#go({ source: text, input: sizesOf(this.input) }, 'text', false)
    }, TYPING_MILLISECONDS)
  }

  /** Another size of what comes in; the layers stay. */
  resize(input: string): void {
    this.input = input
    const network = this.answer?.network
    const sizes = sizesOf(input)
    const typing = this.#typing !== undefined || this.problem !== null
    if (this.asked.source !== undefined || typing || !network) this.type(this.text, input)
    else if (sizes.length) this.#change({ ...network, input: sizes }, 'input')
  }

  set(argument: string, value: Value): void {
    const network = this.answer?.network
    if (!network || this.chosen === null) return
    this.#change(editing.setArgument(network, this.chosen, argument, value), `${this.chosen} ${argument}`)
  }

  insert(layer: LayerSpec, after: string, operands: number): void {
    const network = this.answer?.network
    if (!network) return
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
    return (
      rows.slice(0, Math.max(at, 0)).findLast(({ output }) => String(output) === like)?.name ?? editing.INPUT
    )
  }

  remove(): void {
    const network = this.answer?.network
    if (!network || this.chosen === null || !this.row || network.layers.length === 1) return
    const names = network.layers.map(({ name }) => name)
    const at = names.indexOf(this.chosen)
    const changed = editing.remove(network, this.chosen)
    this.chosen = changed.layers[Math.min(at, changed.layers.length - 1)]?.name ?? null
    this.#change(changed, '')
  }

  move(name: string, after: string): void {
    const network = this.answer?.network
    if (network) this.#moved(editing.move(network, name, after))
  }

  shift(by: -1 | 1): void {
    const network = this.answer?.network
    if (network && this.row) this.#moved(editing.shift(network, this.row.name, by))
  }

  setSource(position: number, source: string): void {
    const network = this.answer?.network
    if (network && this.chosen) this.#change(editing.setSource(network, this.chosen, position, source), '')
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
    void this.#ask(false)
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
    this.#history = edit(this.#history, this.#snapshot(), kind, Date.now())
    void this.#ask(rewrite)
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
    ;({ asked: this.asked, open: this.open, chosen: this.chosen } = history.present)
    void this.#ask(true)
  }

  async #ask(rewrite: boolean): Promise<void> {
    const asked = this.asked
    const mend = this.mend && asked.network !== undefined
    const reply = await this.#newest.ask((signal) => askNetwork(asked, this.open, mend, signal))
    if (!reply) return
    this.problem = reply.problem
    if (reply.answer) {
      this.#show(reply.answer)
      if (mend) this.asked = { network: reply.answer.network }
      if (rewrite) {
        this.input = reply.answer.input.join(', ')
        this.text = asked.source ?? reply.answer.code ?? ''
      }
    }
  }

  #show(answer: NetworkAnswer): void {
    this.answer = answer
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
