/** The page's state: the question, the server's answer, the steps that have been fetched, and the cursor. */
import type { Problem } from '../figure/api'
import { Figure } from '../figure/figure.svelte'
import { haltsOf } from '../figure/halts'
import { arrived, presentStep, stayed, type Mode } from '../figure/player'
import { json, post, type Reply } from '../figure/server'
import { Steps as Fetched } from '../figure/steps.svelte'
import { cellOfStep, paceOf, placeOf, type Sums, sumsAt, within } from './cells'
import { changed, fromQuestion, isOneCell, linkable, unseen } from './setting'
import type { Answer, Backward, Beside, Forward, Layer, Setting, Step, Steps } from './types'
import type { Cell, Shape } from '../grids/planes'

export type Section = { row: number; column: number; rows: number; columns: number }

type First = {
  question: Record<string, unknown>
  answer: Answer | null
  problem: Problem | null
  cell: Cell | null
  step: number | null
  /** Whether the link itself names the cell. */
  pointed: boolean
  mode: Mode
  beside: Beside
}

/** `given`: what the link said that the controls do not show, the size of a photo. `near`: the cell in view. */
type Asked = { setting: Setting; given: Record<string, unknown>; near?: Cell | null }

/** The question as it is sent. */
export function bodyOf({ setting, given }: Asked): Record<string, unknown> {
  const told = Object.fromEntries(Object.entries(setting).filter(([, value]) => value !== null))
  return { ...given, cells: [], ...told }
}

/** How often it is looked whether steps have come, in milliseconds. */
const LOOK_AGAIN = 30

const send = (asked: Asked, signal: AbortSignal): Promise<Reply<Answer>> =>
  post<Answer>('/api/convolution', { ...bodyOf(asked), near: asked.near ?? null }, signal, json)

export class Convolution extends Figure<Asked, Answer> {
  protected override readonly also = ['mode', 'pinned', 'beside']
  setting = $derived(this.question.setting)
  given = $derived(this.question.given)
  /** The setting that the answer is for: what is refused gets into no link and no step. */
  kept = $derived(this.answered?.setting ?? this.setting)
  /** What was typed into a field and is no number for it. */
  refused = $state('')
  /** What the link says: the setting that has an answer, as far as an address may be long. */
  link = $derived(linkable(this.answer ? this.kept : this.setting))
  mode = $state<Mode>('both')
  /** The cell that is pointed at, and the one that stays when nothing is. */
  hovered = $state.raw<Cell | null>(null)
  pinned = $state.raw<Cell | null>(null)

  /** What is seen of the fully connected layer on the same input. */
  beside = $state.raw<Beside>(0)

  /** Where a section of a large window begins that is shown in numbers; null where all of it is. */
  section = $state.raw<Section | null>(null)

  #fetched = new Fetched<Steps>('/api/convolution/steps')

  shape: Shape = $derived((this.answer?.shapes.output ?? [0, 0, 0]) as unknown as Shape)
  track = $derived({
    forward: this.answer?.track.forward ?? 0,
    count: this.answer?.track.count ?? 0,
    milliseconds: paceOf(this.answer?.track.count ?? 1),
    halts: this.answer && haltsOf(this.answer.track.forward, this.answer.track.count, this.shape),
  })
  done = $derived(arrived(this.t))
  /** Whether all cells have sent their gradient back. */
  summed = $derived(this.done >= this.track.count - 1)
  backward = $derived(this.t > this.track.forward || this.mode === 'backward')
  looked = $derived(this.hovered ?? this.pinned)
  /** The step whose arithmetic is shown: the looked-at cell's, else the present one. */
  present = $derived(
    this.looked && this.answer
      ? placeOf(this.looked, this.shape) + (this.backward ? this.track.forward : 0)
      : Math.min(
          Math.max(presentStep(this.t), this.mode === 'backward' ? this.track.forward : -1),
          this.track.count - 1,
        ),
  )
  cell: Cell | null = $derived(cellOfStep(this.present, this.track.forward, this.shape))
  /** While it runs like a film, the numbers stand still long enough to be numbers. */
  #glance = $state.raw<{ present: number; sums: Sums | null } | null>(null)
  #told = $derived(this.#glance ? this.#glance.present : this.present)
  told: Cell | null = $derived(cellOfStep(this.#told, this.track.forward, this.shape))
  step: Step | null = $derived(this.stepAt(this.#told))
  forwardStep: Forward | null = $derived(
    this.told ? (this.stepAt(placeOf(this.told, this.shape)) as Forward | null) : null,
  )
  backwardStep: Backward | null = $derived(
    this.told && this.backward
      ? (this.stepAt(placeOf(this.told, this.shape) + this.track.forward) as Backward | null)
      : null,
  )
  /** The rows and columns of the input under the present window. */
  under: { rows: number[]; columns: number[] } | null = $derived.by(() => {
    const step = this.stepAt(this.present)
    return step && step.kind !== 'accumulate' ? step : this.forwardStep
  })
  /** The gradients so far; the server's sums all along. */
  sums: Sums | null = $derived.by(() => {
    if (!this.answer || !this.backward) return null
    if (this.summed) return this.answer.gradients
    const at = Math.max(this.track.forward, this.done)
    const steps = this.#fetched.batchOf(at)
    if (!steps) return null
    const known = this.#known?.steps === steps ? this.#known : null
    const sums = known?.end === at ? known.sums : sumsAt(steps, at, known)
    if (sums) this.#known = { steps, sums, end: at }
    return sums
  })
  toldSums: Sums | null = $derived(this.#glance ? this.#glance.sums : this.sums)
  #known: { steps: Steps; sums: Sums; end: number } | null = null

  /** The step to begin at, for a figure whose first answer is still to come. */
  #begin: number | null = null

  constructor({ question, answer, problem, cell, step, pointed, mode, beside }: First) {
    super({ setting: fromQuestion(question), given: unseen(question) }, send)
    this.answer = answer
    this.answered = answer && this.question
    this.problem = problem
    this.mode = mode
    this.beside = beside
    this.#begin = step
    this.t = Math.min(step ?? answer?.track.forward ?? 0, answer?.track.count ?? 0)
    this.pinned = step === null || pointed ? cell : null
    if (answer) this.#fetched.of(bodyOf(this.question), answer.track)
    if (answer && cell) this.#seed(answer)
  }

  /** The cell that came with the answer, as a step of its own. */
  #seed(answer: Answer): void {
    const told = answer.cells[0]
    if (!told) return
    const place = placeOf(told.cell as unknown as Cell, this.shape)
    this.#first = { place, step: { kind: 'forward', ...told } as Forward }
  }
  #first = $state.raw<{ place: number; step: Forward } | null>(null)

  /** Why the steps that are to be shown are not there. */
  get trouble(): Problem | null {
    return this.#fetched.trouble
  }

  stepAt(index: number): Step | null {
    if (index < 0) return null
    const chunk = this.#fetched.batchOf(index)
    const step = chunk?.steps[index - chunk.first]
    if (step) return step
    return this.#first?.place === index ? this.#first.step : null
  }

  /** Fetch what is shown now, and what will be next. */
  want(playing: boolean): void {
    if (!this.answer) return
    const place = this.cell ? placeOf(this.cell, this.shape) : 0
    const wanted = [place]
    if (this.backward)
      wanted.push(place + this.track.forward, this.present, Math.max(this.track.forward, this.done))
    else if (this.present >= 0) wanted.push(this.present)
    if (playing) wanted.push(Math.max(0, presentStep(this.t)) + this.answer.track.batch)
    this.#fetched.want(wanted)
  }

  /** So many steps are done, and all that is to be seen then has come. */
  async shown(done: number): Promise<void> {
    this.t = done
    this.want(false)
    const coming = () => (this.present >= 0 && !this.step) || (this.backward && !this.sums)
    while (coming() && !this.trouble) await new Promise((on) => setTimeout(on, LOOK_AGAIN))
  }

  /** Show the numbers of this moment until the next glance; without a moment, show all as they come. */
  glance(on: boolean): void {
    this.#glance = on ? { present: this.present, sums: this.sums } : null
  }

  /** Look at a cell, and stay there; a gradient that comes to one cell only moves there. */
  pin(cell: Cell): void {
    this.pinned = cell
    const { upstream } = this.setting
    if (this.backward && isOneCell(upstream)) this.change({ upstream: { ...upstream, cell } })
  }

  /** Each layer as it was when another was chosen. */
  #before: Partial<Record<Layer, Setting>> = {}

  change(part: Partial<Setting>): void {
    this.#before = { ...this.#before, [this.setting.layer]: this.setting }
    this.set(changed(this.setting, part, this.#before), Object.keys(part).join())
  }

  /** A slider that is dragged never queues: the newest is asked once the one before has been answered. */
  set(setting: Setting, kind = 'by hand'): void {
    this.refused = ''
    const given = setting.input === this.setting.input ? this.question.given : {}
    this.put({ setting, given }, kind)
    this.follow({ ...this.question, near: this.cell })
  }

  protected override restored(): unknown {
    this.refused = ''
    return this.ask({ ...this.question, near: this.cell })
  }

  /** The cell stays where it is, if there still is one. */
  protected override take(reply: Reply<Answer>, asked: Asked): void {
    const before = this.answer && this.track
    super.take(reply, asked)
    const { answer } = reply
    if (!answer) return
    this.#fetched.of(bodyOf(asked), answer.track)
    this.#seed(answer)
    const { forward, count } = answer.track
    this.t = before ? stayed(this.t, before, answer.track) : Math.min(this.#begin ?? forward, count)
    this.hovered = null
    if (this.pinned) this.pinned = within(this.pinned, this.shape)
  }
}
