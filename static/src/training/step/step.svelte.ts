/** One training step: which step of which run, the point and the weight one follows, and the moment of it. */
import { presentStep, stayed } from '../../figure/player'
import { json, post, type Reply } from '../../figure/server'
import { Settings } from '../../figure/settings.svelte'
import type { Answer, Place, Question } from './types'
import { nameOf } from './moments'

const NOTHING = { forward: 0, count: 0 }
/** How long one moment is looked at. */
const MILLISECONDS = 2200

const ask = (question: Question, signal: AbortSignal): Promise<Reply<Answer>> =>
  post<Answer>('/api/training-step', question, signal, json)

export class TrainingStep extends Settings<Question, Answer> {
  /** The moment to begin at. */
  #begin: number

  constructor(question: Question, moment: number) {
    super(question, ask)
    this.#begin = moment
  }

  track = $derived({ ...(this.answer?.track ?? NOTHING), milliseconds: MILLISECONDS })
  /** The moment that is told; null before the first. */
  moment = $derived(this.answer?.moments[presentStep(this.t)] ?? null)
  place = $derived.by<Place | null>(() => {
    const weight = this.answer?.weight
    if (!weight) return null
    const { layer, unit, source, row, column, bias } = weight
    return { layer, unit, source, row, column, bias }
  })

  override begin(...first: Parameters<Settings<Question, Answer>['begin']>): this {
    super.begin(...first)
    this.t = Math.min(this.#begin, this.track.count)
    return this
  }

  choose(place: Place): void {
    this.change({ weight: nameOf(place) })
  }

  /** Another point or weight, or another step, is looked at in the same moment. */
  protected override take(reply: Reply<Answer>, question: Question): void {
    const before = this.answer?.track ?? null
    super.take(reply, question)
    const after = reply.answer?.track
    if (after) this.t = before ? stayed(this.t, before, after) : Math.min(this.#begin, after.count)
  }
}
