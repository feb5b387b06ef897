/** What of a step is known once so many of its moments have come; layers are counted from 1. */
import { isLayered, type Answer, type Dense, type Net, type Place } from './types'

export const nameOf = ({ layer, unit, source, row, column, bias }: Place): string =>
  `${bias ? 'b' : 'w'}${layer}_${[unit, ...(bias ? [] : [source, row, column])].filter(Boolean).join('_')}`

/** A layer whose weights may be chosen: how many units, and of each what it takes (and its kernel). */
export type Choice = { name: string; sizes: readonly number[]; biases: boolean }

export const choicesIn = (answer: Answer): Choice[] =>
  isLayered(answer)
    ? answer.choices
    : answer.sizes
        .slice(1)
        .map((size, i) => ({ name: '', sizes: [size, answer.sizes[i] ?? 1], biases: true }))

/** The same place in a net, or the nearest that it has. */
export function within(place: Place, choices: readonly Choice[]): Place {
  const layer = Math.max(1, Math.min(place.layer, choices.length))
  const { sizes, biases } = choices[layer - 1] ?? { sizes: [1], biases: false }
  const bias = place.bias && biases
  const near = (i: number, there: number | null | undefined): number | null => {
    const size = sizes[i]
    return bias || size === undefined ? null : Math.max(1, Math.min(there ?? Math.ceil(size / 2), size))
  }
  const [source, row, column] = [near(1, place.source), near(2, place.row), near(3, place.column)]
  return { layer, unit: Math.max(1, Math.min(place.unit, sizes[0] ?? 1)), source, row, column, bias }
}

/** How many layers a step has moments of. */
export const layersIn = (answer: Answer): number =>
  isLayered(answer) ? answer.layers.length : answer.sizes.length - 1

export class Known {
  #layers: number
  #done: number

  constructor(layers: number, done: number) {
    this.#layers = layers
    this.#done = done
  }

  /** Whether what the units of a layer give is; the inputs are layer 0. */
  forward(layer: number): boolean {
    return this.#done > layer
  }

  get loss(): boolean {
    return this.#done > this.#layers + 1
  }

  /** Whether the gradient by what the units of a layer add up is. */
  back(layer: number): boolean {
    return this.#done > this.#layers + 2 + this.#layers - layer
  }

  /** Whether the gradients of a layer's weights are: they come with the layer below. */
  gradients(layer: number): boolean {
    return this.back(layer - 1)
  }

  get mean(): boolean {
    return this.#done > 2 * this.#layers + 3
  }

  get update(): boolean {
    return this.#done > 2 * this.#layers + 4
  }
}

/** Which of the layers that have moments the chosen weight is in, from 1. */
export const shownIn = (answer: Answer): number =>
  isLayered(answer)
    ? 1 + answer.layers.findIndex(({ layer }) => layer === answer.weight.layer)
    : answer.weight.layer

export const edgesIn = (sizes: Dense['sizes']): number =>
  sizes.slice(1).reduce((all, size, i) => all + size * (sizes[i] ?? 0), 0)

/** The largest size of any weight of a net. */
export const largest = ({ weights }: Net): number =>
  weights.flat(2).reduce((most, x) => Math.max(most, Math.abs(x)), 0)
