/**
 * The page's state: the question, the server's answer with every layer's maps, the cursor, and what is
 * looked at. Views are given it whole: `<LayerView {look} />`.
 *
 *   look.body           the question as a POST body, for further questions ({...look.body, unit: ...})
 *   look.answer         the summary answer; look.chosen the chosen layer's row in it;
 *                       look.layer, channel, row, column: what is looked at
 *   look.era            counts the answers: ask again for what belongs to one when it changes
 *   look.want(layer)    fetch that layer's maps whole, in float32 (call it in an $effect);
 *   look.whole(layer)   they, once they are there: {activation, gradient, weight, weight_gradient}
 *   look.maps(layer, show)   every channel's small map, for paintMosaic of mosaic.ts
 *   look.some(layer, show, channels)   the small maps of these channels; at first they are all that there are
 *   look.choose({layer, channel, row, column, view})
 */
import type { Problem } from '../figure/api'
import { presentStep, type Mode } from '../figure/player'
import { Asking } from '../figure/asking.svelte'
import { Figure } from '../figure/figure.svelte'
import type { Reply, Waiting } from '../figure/server'
import { askMaps, askOrigins, type Looked, type MapQuestion } from './asking'
import { groupsOf, shapeOf, type Group } from './layout'
import type { Sight } from './link'
import { picked, scalesOf, weightMaps, type Maps } from './mosaic'
import type { Tensor } from '../figure/safetensors'
import type {
  Asked,
  ImageRow,
  LayerRow,
  LookAnswer,
  ModelRow,
  Origins,
  Rank,
  Scale,
  Show,
  Step,
  View,
} from './types'
import { Wholes, type Whole } from './wholes.svelte'
import { zoomed } from './zoom'

export type { Whole }

/** A pixel of a map. */
export type Spot = { layer: string; channel: number; row: number; column: number }

/** What of a question says which network it is. */
const NO_NETWORK = {
  model: undefined,
  network: undefined,
  source: undefined,
  input: undefined,
  architecture: undefined,
  stride_on: undefined,
  seed: undefined,
  weights: undefined,
} satisfies Partial<Record<keyof Asked, undefined>>
type OfNetwork = keyof typeof NO_NETWORK

const networkOf = (asked: Asked): unknown[] =>
  (Object.keys(NO_NETWORK) as OfNetwork[]).map((name) => asked[name])

/** Whether the same picture goes through the same network: then every activation is what it was. */
function sameForward(one: Asked, other: Asked): boolean {
  const keys = Object.keys({ ...one, ...other }) as (keyof Asked)[]
  return keys.every((key) => key === 'target' || key === 'of' || one[key] === other[key])
}

type First = {
  question: Asked
  answer: LookAnswer | null
  problem: Problem | null
  /** How the page asks for what it draws at first; the server has the answers to this ready. */
  maps: MapQuestion
  /** And for small maps of all layers, once something is played, pointed at or chosen. */
  finer: MapQuestion
  models: ModelRow[]
  images: ImageRow[]
  sight: Sight
}

export class Look extends Figure<Asked, LookAnswer> {
  protected override readonly also = ['view', 'layer', 'channel', 'row', 'column', 'rank', 'open']
  asked = $derived(this.question)
  #wholes = new Wholes((problem) => void (this.problem = problem))
  waits = $derived<Waiting | null>(this.waiting ?? this.#wholes.waiting)
  era = $state(0)

  models = $state.raw<ModelRow[]>([])
  images = $state.raw<ImageRow[]>([])

  view = $state<View>('overview')
  layer = $state<string | null>(null)
  channel = $state<number | null>(null)
  row = $state<number | null>(null)
  column = $state<number | null>(null)
  /** What the pointer is on, which is looked at as long as it is. */
  pointed = $state.raw<Spot | null>(null)
  scale = $state<Scale>('layer')
  /** Which maps are drawn, and the places where all are. */
  rank = $state<Rank>('size')
  open = $state.raw<readonly string[]>([])
  mode = $state<Mode>('both')
  /** What is asked of the maps beyond what the cursor says: nothing, or one of these. */
  #held = $state<'product' | 'weight' | null>(null)

  /** What is to be shown as soon as there is something. */
  #first: Show = 'activation'

  #tensors = $state.raw<Readonly<Record<string, Tensor>>>({})
  #small: MapQuestion
  #finer: MapQuestion
  #fine: boolean
  /** Whether the activations that are there are the finer ones. */
  #sharp = false

  model = $derived(this.models.find(({ name }) => name === this.asked.model) ?? null)
  chosen = $derived<LayerRow | null>(this.rowOf(this.layer))
  /** The layers in their places, and which of their maps are drawn. */
  groups = $derived<Group[]>(groupsOf(this.answer?.layers ?? [], this.rank, this.open))
  body: Asked = $derived(this.asked)
  steps = $derived<Step[]>(this.answer?.steps ?? [])
  forward = $derived(this.steps.filter(({ pass }) => pass === 'forward').length)
  /** A large network in half a minute, a small one slowly enough to follow. */
  track = $derived({
    forward: this.forward,
    count: this.steps.length,
    milliseconds: Math.max(160, Math.min(900, 24_000 / Math.max(1, this.steps.length))),
  })
  step = $derived<Step | null>(this.steps[presentStep(this.t)] ?? null)
  show = $derived<Show>(this.#held ?? (this.t > this.forward ? 'gradient' : 'activation'))
  /** At which step the pass comes to a layer. */
  #times = $derived.by(() => {
    const times: Record<Step['pass'], Record<string, number>> = { forward: {}, backward: {} }
    this.steps.forEach(({ pass, layer }, i) => (times[pass][layer] = i))
    return times
  })
  sight = $derived<Sight>({
    view: this.view,
    layer: this.layer,
    channel: this.channel,
    row: this.row,
    column: this.column,
    show: this.show,
    scale: this.scale,
    maps: this.rank,
  })

  constructor({ question, answer, problem, maps, finer, models, images, sight }: First) {
    const self: { look?: Look } = {}
    super(question, (asked, signal) => self.look!.#send(asked, signal))
    self.look = this
    this.#small = maps
    this.#finer = finer
    this.#fine =
      sight.view !== 'overview' || sight.layer !== null || sight.show !== 'activation' || sight.maps === 'all'
    this.models = models
    this.images = images
    this.answer = answer
    this.answered = answer && question
    this.problem = problem
    this.view = sight.view
    this.layer = sight.layer
    this.channel = sight.channel
    this.row = sight.row
    this.column = sight.column
    this.scale = sight.scale
    this.rank = sight.maps
    this.#first = sight.show
    this.setShow(sight.show)
    if (!problem) void this.#renew()
  }

  rowOf(name: string | null): LayerRow | null {
    return this.answer?.layers.find((row) => row.name === name) ?? null
  }

  /** The map that is pointed at, or else chosen, once the pass has come to it. */
  traced = $derived.by((): { layer: string; channel: number } | null => {
    const { layer, channel } = this.pointed ?? { layer: this.layer, channel: this.channel }
    return layer === null || channel === null || !this.shown(layer) ? null : { layer, channel }
  })
  origins = new Asking<{ body: Asked; layer: string; channel: number }, Origins>(({ body, ...map }, signal) =>
    askOrigins(body, map, signal),
  )
  /** What it was made from, once that is known. */
  made = $derived.by((): Origins | null => {
    const { answer, answered } = this.origins
    const same = answered?.layer === this.traced?.layer && answered?.channel === this.traced?.channel
    return this.traced && same && answered?.body === this.body ? answer : null
  })

  /** Where a layer is drawn. */
  placeOf(layer: string): Group | null {
    return this.groups.find(({ layers }) => layers.some(({ name }) => name === layer)) ?? null
  }

  /** Whether the pass has come to a layer. */
  reached(layer: string, pass: Step['pass']): boolean {
    return (this.#times[pass][layer] ?? Infinity) <= presentStep(this.t)
  }

  /** What a layer's maps show now; null before the pass has come to it. */
  shown(layer: string): Show | null {
    if (!this.reached(layer, 'forward')) return null
    if (this.#held === 'weight') return 'weight'
    if (!this.reached(layer, 'backward')) return 'activation'
    return this.#held ?? 'gradient'
  }

  setShow(show: Show): void {
    this.#held = show === 'product' || show === 'weight' ? show : null
    if (show === 'activation') this.t = this.forward
    else if (show !== 'weight') this.t = this.steps.length
    if (this.#held) this.#fine = true
    if (this.#held && this.era && !Object.keys(this.#tensors).some((name) => name.endsWith(`:${show}`)))
      void this.#renew()
  }

  /** Look at something else; another view grows out of this one. */
  choose(sight: Partial<Sight>): void {
    if (sight.view === undefined || sight.view === this.view) this.#see(sight)
    else zoomed(() => this.#see(sight))
  }

  #see({ view = this.view, ...at }: Partial<Sight>): void {
    const layer = at.layer === undefined ? this.layer : at.layer
    const other = layer !== this.layer
    this.layer = layer
    this.channel = at.channel ?? (other ? null : this.channel)
    this.row = at.row ?? (other ? null : this.row)
    this.column = at.column ?? (other ? null : this.column)
    this.view = view
  }

  /** Every channel's small map; null as long as only the strongest have come. */
  maps(layer: string, show: Show): Maps | null {
    return this.#picks(layer, show) ? null : this.#smallOf(layer, show)
  }

  /** The small maps of these channels, in this order, on their layer's scale; those that have not come are blank. */
  some(layer: string, show: Show, channels: readonly number[]): Maps | null {
    const maps = this.#smallOf(layer, show)
    const picks = this.#picks(layer, show)
    if (!maps || (!picks && channels.length === maps.shape[0])) return maps
    const places = channels.map((channel) => (picks ? picks.indexOf(channel) : channel))
    return picked(
      maps,
      places.map((at) => (at >= 0 && at < maps.shape[0] ? at : undefined)),
    )
  }

  /** The channels that the small maps are of; null where they are all of them. */
  #picks(layer: string, show: Show): Float32Array | null {
    const picks = show === 'activation' ? this.#tensors[`${layer}:channels`]?.values : null
    return picks instanceof Float32Array ? picks : null
  }

  #smallOf(layer: string, show: Show): Maps | null {
    const tensor = this.#tensors[`${layer}:${show}`]
    if (!tensor) return null
    if (show === 'weight') return weightMaps(tensor.values, tensor.shape)
    const scales = this.#tensors[`${layer}:${show}:scale`]?.values
    const shape = shapeOf(tensor.shape)
    const byMap = scales instanceof Float32Array ? scales : null
    // The layer's own, however few of its maps and however small they have come.
    const shared = this.#tensors[`${layer}:${show}:reach`]?.values[0]
    const reach = shared ?? scalesOf(tensor.values, 1)[0] ?? 0
    return { shape, values: tensor.values, scales: byMap, reach }
  }

  /** A layer's maps whole, in float32, once they have been fetched. */
  whole(layer: string | null): Whole | null {
    return layer === null ? null : this.#wholes.of(layer)
  }

  /** Fetch a layer's maps whole; as long as nothing is chosen, of the picture only what it is. */
  want(layer: string | null): void {
    const row = this.rowOf(layer)
    if (row) this.#wholes.want(row, this.body, row.name === 'input' && !this.#fine)
  }

  /** Ask something else. */
  change(part: Partial<Asked>, kind = ''): void {
    this.put({ ...this.asked, ...part }, kind)
    void this.#renew()
  }

  /** A drawing as it grows, one step to take back: while it is answered the next waits, and only the newest is asked. */
  draw(image: string): void {
    const asked = { ...this.asked, image, drawing: true }
    if (this.asked.drawing) this.amend(asked)
    else this.put(asked, '')
    this.follow(asked)
  }

  /** A moving picture, one step to take back: this moment of it, and a promise of its answer. */
  async live(image: string, begins: boolean): Promise<void> {
    const asked = { ...this.asked, image, drawing: false }
    if (begins) this.put(asked, '')
    else this.amend(asked)
    await this.#renew()
  }

  /** Another network: what was chosen in the old one means nothing in it. */
  setNetwork(network: Omit<Asked, 'image'>, image = this.asked.image): void {
    this.#leaveNetwork()
    this.change({ ...NO_NETWORK, ...network, image, target: null, of: this.asked.of ?? 'score' })
  }

  #leaveNetwork(): void {
    this.#see({ layer: null, view: 'overview' })
    if (this.answer) this.#first = this.show
    this.answer = this.answered = null
    this.#tensors = {}
  }

  protected override restored(): unknown {
    const before = this.answered
    if (before && JSON.stringify(networkOf(before)) !== JSON.stringify(networkOf(this.asked)))
      this.#leaveNetwork()
    return this.#renew()
  }

  /** Unfolds a place, or folds it again. */
  unfold(place: string, on = !this.open.includes(place)): void {
    this.open = on
      ? [...this.open.filter((name) => name !== place), place]
      : this.open.filter((name) => name !== place)
    if (on) this.finer()
  }

  setRank(rank: Rank): void {
    this.rank = rank
    this.open = []
    if (rank === 'all') this.finer()
  }

  /** More is looked at than what is drawn at first. */
  finer(): void {
    if (this.#fine) return
    this.#fine = true
    if (this.era || this.busy) void this.#renew()
  }

  #renew(): Promise<boolean> {
    return this.ask(this.asked)
  }

  /** What came with the newest answer, and how it was asked for. */
  #come: { answer: LookAnswer; tensors: Looked['tensors']; same: boolean; fine: boolean } | null = null

  async #send(asked: Asked, signal: AbortSignal): Promise<Reply<LookAnswer>> {
    const same = this.answered !== null && sameForward(this.answered, asked)
    const fine = this.#fine
    const finer: MapQuestion = {
      ...this.#finer,
      include: [
        ...(same && this.#sharp ? [] : (['activation'] as const)),
        'gradient',
        ...(this.#held ? [this.#held] : []),
      ],
    }
    const reply = await askMaps(asked, fine ? finer : this.#small, signal)
    if (!reply.answer) return reply
    const { answer, tensors } = reply.answer
    this.#come = { answer, tensors, same, fine }
    return { ...reply, answer }
  }

  /** After the same forward pass, what it gave still holds; after another nothing does. */
  #keep(forward: boolean): void {
    this.#wholes.keep(forward)
    const small = Object.entries(forward ? this.#tensors : {})
    this.#tensors = Object.fromEntries(small.filter(([name]) => /:(activation|weight|channels)\b/.test(name)))
  }

  /** What was played to its end stays so; the layer that is looked at stays, if there still is one. */
  protected override take(reply: Reply<LookAnswer>, asked: Asked): void {
    const [forward, count, before] = [this.forward, this.steps.length, this.answered]
    const share = this.t >= count ? 'end' : this.t >= forward ? 'turn' : 'start'
    super.take(reply, asked)
    const { answer } = reply
    if (!answer || this.#come?.answer !== answer) return
    const { tensors, same, fine } = this.#come
    this.#come = null
    this.#sharp = fine || (same && this.#sharp)
    const other = !same || before?.target !== asked.target || before?.of !== asked.of
    if (other) this.#keep(same)
    const kept = Object.entries(this.#tensors).filter(([name]) => !(fine && name.endsWith(':channels')))
    this.#tensors = { ...Object.fromEntries(kept), ...tensors }
    this.era += 1
    if (!count) this.setShow(this.#first)
    else if (count !== answer.steps.length) {
      this.t = { end: this.steps.length, turn: this.forward, start: 0 }[share]
    }
    if (other) this.pointed = null
    if (this.layer !== null && !this.rowOf(this.layer)) this.choose({ layer: null })
  }
}
