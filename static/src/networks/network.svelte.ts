/** The page's state: the network asked about, the server's answer, and which layer one looks at. */
import type { Problem } from '../figure/api'
import { Figure } from '../figure/figure.svelte'
import type { Reply } from '../figure/server'
import { askNetwork } from './asking'
import * as editing from './editing'
import type { Asked, LayerSpec, NetworkAnswer, NetworkSpec, Row, Value, Volume } from './types'
import { telling } from './walking'

const TYPING_MILLISECONDS = 200
const SIZES = 'The input is channels, height, width, such as 3, 32, 32, or one number for a vector.'

/** `open`: groups that are drawn opened; null: as the server thinks best. `mend`: see `Networks`. */
type Drawn = { asked: Asked; open: string[] | null; chosen: string | null; mend?: boolean }
type First = {
  question: Asked & { open?: string[] }
  answer: NetworkAnswer | null
  problem: Problem | null
  /** What is looked at; undefined: nobody said, and a walk stands where it tells most. */
  chosen: string | null | undefined
}

const send = ({ asked, open, mend = false }: Drawn, signal: AbortSignal): Promise<Reply<NetworkAnswer>> =>
  askNetwork(asked, open, mend, signal)

export class Networks extends Figure<Drawn, NetworkAnswer> {
  protected override readonly also = ['chosen']
  asked = $derived(this.question.asked)
  open = $derived(this.question.open)
  /** The network that the answer is of; while the server is waited for, more may have been asked. */
  shown = $state.raw<Asked | null>(null)
  /** An edit that the server did not take; the network is the one before it. */
  refused = $state.raw<Problem | null>(null)
  /** Whether the network is too long for a link. */
  unlinked = $state(false)
  /** Why the sizes that were typed are none. */
  misread = $state('')
  /** The name of the layer or closed group one looks at. */
  chosen = $state<string | null>(null)
  /** The same where it was come to by walking, and not chosen by a hand. */
  walked = $state<string | null>(null)
  /** Whether layers behind a change take on the channels they are given. */
  mend = $state(true)
  text = $state('')
  input = $state('')

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
    const volumes = answer?.drawing.volumes ?? []
    const walked = chosen === undefined ? (volumes[telling(volumes)]?.name ?? null) : null
    super({ asked, open: open ?? null, chosen: chosen ?? walked }, send)
    this.problem = problem
    this.chosen = chosen ?? walked
    this.walked = walked
    this.answer = answer
    if (answer) this.#show(answer, asked)
    this.text = asked.source ?? answer?.code ?? ''
    this.input = (answer?.input ?? asked.input ?? [3, 224, 224]).join(', ')
  }

  /** One of the well-known. */
  openArchitecture(name: string, strideOn: string | null = null): void {
    this.chosen = null
    this.#go({ architecture: name, ...(strideOn ? { stride_on: strideOn } : {}) }, null, '')
  }

  /** Code as it is typed; what is on screen stays until it can be read. */
  type(text: string, input = this.input): void {
    this.text = text
    this.input = input
    this.misread = ''
    clearTimeout(this.#typing)
    this.#typing = setTimeout(() => {
      this.#typing = undefined
      this.#go({ source: text, input: sizesOf(this.input) }, null, 'text', false)
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
    const now = open.includes(group)
      ? open.filter((name) => name !== group && !name.startsWith(`${group}.`))
      : [...open, group]
    this.chosen = open.includes(group) ? group : null
    this.amend({ ...this.question, open: now })
    void this.#ask()
  }

  #change(network: NetworkSpec, kind: string): void {
    this.#go({ network }, this.answer?.drawing.open ?? null, kind)
  }

  #go(asked: Asked, open: string[] | null, kind: string, rewrite = true): void {
    this.#stopTyping()
    this.#rewrite = rewrite
    this.put({ asked, open, chosen: this.chosen }, kind)
    void this.#ask()
  }

  #stopTyping(): void {
    clearTimeout(this.#typing)
    this.#typing = undefined
  }

  protected override restored(): unknown {
    this.#stopTyping()
    this.misread = ''
    this.chosen = this.question.chosen
    this.#rewrite = true
    return this.#ask()
  }

  #ask(): Promise<boolean> {
    return this.ask({ ...this.question, mend: this.mend && this.asked.network !== undefined })
  }

  protected override take(reply: Reply<NetworkAnswer>, question: Drawn): void {
    this.refused = null
    const { shown } = this
    if (reply.problem && question.asked.network && shown) {
      this.#refuse(reply.problem, shown)
      return
    }
    super.take(reply, question)
    if (reply.answer) this.#accept(reply.answer, question)
  }

  /** An edit that cannot be: back to what the answer on screen belongs to, and no step to undo. */
  #refuse(problem: Problem, shown: Asked): void {
    this.refused = problem
    if (this.answer) this.#show(this.answer, shown)
    this.input = this.answer?.input.join(', ') ?? this.input
    this.retract({ asked: shown, open: this.open, chosen: this.chosen }, ({ asked }) => asked === shown)
  }

  #accept(answer: NetworkAnswer, { asked, mend }: Drawn): void {
    if (mend) this.amend({ ...this.question, asked: { network: answer.network } })
    this.#show(answer, this.asked)
    if (this.#rewrite && this.#typing === undefined) {
      this.input = answer.input.join(', ')
      this.misread = ''
      this.text = asked.source ?? answer.code ?? ''
    }
    this.#rewrite = false
  }

  #show(answer: NetworkAnswer, asked: Asked): void {
    this.shown = asked
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
