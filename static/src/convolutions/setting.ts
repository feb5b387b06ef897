/** The setting as a link, and back; and what of it still holds when a part of it changes. */
import type { Mode } from '../figure/player'
import type { Answer, Beside, Layer, OneCell, Setting, Size } from './types'
import type { Cell, Volume } from '../grids/planes'
import { readValue } from '../numbers/reading'

export const LAYERS: readonly (readonly [Layer, string])[] = [
  ['Conv2d', 'Convolution'],
  ['MaxPool2d', 'Max pooling'],
  ['AvgPool2d', 'Average pooling'],
  ['Linear', 'Fully connected'],
]

export const USUAL: Setting = {
  layer: 'Conv2d',
  input: 'coffee',
  seed: 0,
  filters: null,
  kernel_size: null,
  stride: null,
  padding: 0,
  dilation: 1,
  weights: null,
  bias: 0,
  upstream: 'sample',
}

/** Of these the output's size depends. */
const SIZING = ['input', 'kernel_size', 'stride', 'padding', 'dilation', 'filters'] as const
/** Up to so many cells every gradient can be typed, and stands in the link. */
const TYPED = 256

const NAMES = Object.keys(USUAL) as (keyof Setting)[]

/** What differs from the usual, the cell, the step, the way it goes, and what stands beside it. */
export function toQuery(
  setting: Setting,
  cell: Cell | null,
  step: number | null,
  mode: Mode,
  beside: Beside = 0,
): string {
  const query = new URLSearchParams()
  for (const name of NAMES) {
    const value = setting[name]
    if (value === null || value === USUAL[name]) continue
    query.set(name, typeof value === 'string' ? value : JSON.stringify(value))
  }
  if (cell) query.set('cell', cell.join(','))
  if (step !== null) query.set('step', String(step))
  if (mode !== 'both') query.set('mode', mode)
  if (beside !== 0) query.set('connected', String(beside))
  return query.toString()
}

/** Beyond this an address is refused by servers on its way; what is by hand then stays out of it. */
const LONGEST = 16_000
const BY_HAND = ['input', 'weights', 'upstream'] as const

export type Linkable = { setting: Setting; left: (typeof BY_HAND)[number][] }

/** What of a setting a link can hold, and what it leaves out. */
export function linkable(setting: Setting): Linkable {
  const lengthOf = (name: keyof Setting) => JSON.stringify(setting[name]).length
  const isByHand = (name: keyof Setting) => typeof setting[name] === 'object' && setting[name] !== null
  let kept = setting
  const left: Linkable['left'] = []
  for (const name of BY_HAND.filter(isByHand).sort((a, b) => lengthOf(b) - lengthOf(a))) {
    if (toQuery(kept, null, null, 'both').length <= LONGEST) break
    // Weights are made for their input, and gradients for what both give.
    const gone = name === 'input' ? BY_HAND.filter(isByHand) : [name]
    kept = { ...kept, ...Object.fromEntries(gone.map((other) => [other, USUAL[other]])) }
    left.push(name)
    if (name === 'input') break
  }
  return { setting: kept, left }
}

/** Whether an input is numbers of one's own, well typed or not: no photo's name begins with a bracket. */
export const isOwn = (input: Setting['input']): boolean =>
  typeof input !== 'string' || input.trimStart().startsWith('[')

/** Numbers as one types them, a row a line, so that they can be read and counted. */
export function written(value: unknown, indent = ''): string {
  if (!Array.isArray(value)) return typeof value === 'string' ? value : JSON.stringify(value)
  if (!value.some(Array.isArray)) return `[${value.map((entry) => JSON.stringify(entry)).join(', ')}]`
  return `[${value.map((entry) => written(entry, `${indent} `)).join(`,\n${indent} `)}]`
}

/** As in convolutions/questions.py. */
const LARGEST = 1e9

/** A number as someone typed it; or a sentence, if it is none or too large. */
export function numberTyped(text: string): number | string {
  const value = readValue(text)
  if (typeof value !== 'number') return `“${text.trim()}” is no number. What was there stays.`
  if (Math.abs(value) <= LARGEST) return value
  return `${text.trim()} is too large: at most a billion, 10⁹. What was there stays.`
}

/** The setting in a question that the server has understood; other fields it may have are kept by it. */
export function fromQuestion(question: Partial<Record<string, unknown>>): Setting {
  const known = NAMES.filter((name) => question[name] !== undefined).map((name) => [name, question[name]])
  return { ...USUAL, ...(Object.fromEntries(known) as Partial<Setting>) }
}

/** What a question says beside the setting. */
export function unseen(question: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(question).filter(([name]) => !(name in USUAL)))
}

export function stepOf(search: string): number | null {
  const step = new URLSearchParams(search).get('step')
  return step !== null && /^\d+$/.test(step) ? Number(step) : null
}

/** A cell as a question names it; null for anything else. */
export function cellIn(value: unknown): Cell | null {
  return Array.isArray(value) && value.length === 3 ? (value as unknown as Cell) : null
}

/** Forward or backward alone, if the link says so. */
export function modeOf(search: string): Mode {
  const mode = new URLSearchParams(search).get('mode')
  return mode === 'forward' || mode === 'backward' ? mode : 'both'
}

/** Which row of the fully connected layer's W is looked at, if it is not folded away. */
export function besideOf(search: string): Beside {
  const beside = new URLSearchParams(search).get('connected') ?? ''
  return beside === 'folded' ? beside : /^\d$/.test(beside) ? Number(beside) : 0
}

/**
 * A change, and what it makes meaningless: weights by hand belong to a kernel of their size. A layer that
 * there was before is as it was left.
 */
export function changed(
  setting: Setting,
  change: Partial<Setting>,
  before: Partial<Record<Layer, Setting>> = {},
): Setting {
  const next = { ...setting, ...change }
  if ('layer' in change && change.layer !== setting.layer) {
    const known = before[next.layer]
    if (known) return changed({ ...known, seed: next.seed }, { input: next.input })
    return { ...USUAL, layer: next.layer, input: next.input, seed: next.seed }
  }
  if ('kernel_size' in change && Array.isArray(next.weights)) {
    next.weights = next.weights.map((filter) => (typeof filter === 'string' ? filter : 'random'))
  }
  if ('input' in change && change.input !== setting.input) {
    next.weights = typeof next.weights === 'string' ? next.weights : null
    if (typeof change.input !== 'string' || change.input === 'numbers')
      next.kernel_size = typeof next.kernel_size === 'number' ? Math.min(3, next.kernel_size) : 3
    if (next.layer !== 'Conv2d') next.kernel_size = setting.kernel_size
    next.bias = 0
  }
  if (SIZING.some((name) => name in change && change[name] !== setting[name])) {
    if (isOneCell(next.upstream)) next.upstream = { ...next.upstream, cell: [0, 0, 0] }
    else if (typeof next.upstream !== 'string') next.upstream = USUAL.upstream
  }
  if ('filters' in change) {
    const count = next.filters ?? 0
    if (Array.isArray(next.weights)) {
      const kept = next.weights.slice(0, count)
      while (kept.length < count) kept.push('random')
      next.weights = kept
    }
    if (Array.isArray(next.bias)) {
      const bias = next.bias
      next.bias = Array.from({ length: count }, (_, i) => bias[i] ?? 0)
    }
  }
  return next
}

/** All filters as they are now, one of them replaced: by its name or by weights of its own. */
export function withFilter(
  setting: Setting,
  answer: Answer,
  index: number,
  filter: string | Volume,
): Setting {
  const weights = answer.filters.map(({ name }, i) => {
    const given = Array.isArray(setting.weights) ? setting.weights[i] : undefined
    return i === index ? filter : (given ?? name)
  })
  return { ...setting, filters: weights.length, weights }
}

/** One weight of one filter set by hand. */
export function withWeight(
  setting: Setting,
  answer: Answer,
  [index, channel, row, column]: readonly [number, number, number, number],
  weight: number,
): Setting {
  const volume = structuredClone(answer.weights?.[index] ?? []) as Volume
  volume[channel]![row]![column] = weight
  return withFilter(setting, answer, index, volume)
}

export function withBias(setting: Setting, answer: Answer, index: number, bias: number): Setting {
  const all = (answer.bias ?? []).map((value, i) => (i === index ? bias : (value ?? 0)))
  return { ...setting, filters: all.length, bias: all }
}

export function isOneCell(upstream: Setting['upstream']): upstream is OneCell {
  return typeof upstream === 'object' && 'cell' in upstream
}

/** The gradient of one cell set by hand; where there are too many to keep, the others become zero. */
export function withUpstream(setting: Setting, answer: Answer, cell: Cell, value: number): Setting {
  const [map, row, column] = cell
  if (isOneCell(setting.upstream) || answer.track.forward > TYPED)
    return { ...setting, upstream: { cell, value } }
  const upstream = structuredClone(answer.upstream) as Volume
  upstream[map]![row]![column] = value
  return { ...setting, upstream }
}

/** The height and width of a size. */
export const pairOf = (size: Size): readonly [number, number] =>
  typeof size === 'number' ? [size, size] : size
