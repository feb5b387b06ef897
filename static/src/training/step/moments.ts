/** What of a step is known once so many of its moments have come; layers are counted from 1. */
import type { Answer, Net, Place } from './types'

export const nameOf = ({ layer, unit, source }: Place): string =>
  source === null ? `b${layer}_${unit}` : `w${layer}_${unit}_${source}`

/** The same place in a net, or the nearest that it has. */
export function within({ layer, unit, source }: Place, sizes: readonly number[]): Place {
  const there = Math.min(layer, sizes.length - 1)
  return {
    layer: there,
    unit: Math.min(unit, sizes[there] ?? 1),
    source: source === null ? null : Math.min(source, sizes[there - 1] ?? 1),
  }
}

export class Known {
  #layers: number
  #done: number

  constructor({ sizes }: Pick<Answer, 'sizes'>, done: number) {
    this.#layers = sizes.length - 1
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

export const edgesIn = (sizes: readonly number[]): number =>
  sizes.slice(1).reduce((all, size, i) => all + size * (sizes[i] ?? 0), 0)

/** The largest size of any weight of a net. */
export const largest = ({ weights }: Net): number =>
  weights.flat(2).reduce((most, x) => Math.max(most, Math.abs(x)), 0)
