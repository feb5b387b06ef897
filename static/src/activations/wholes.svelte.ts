/** Layers' maps whole, in float32: fetched where one looks closely, and kept as long as they hold. */
import { untrack } from 'svelte'
import type { Problem } from '../figure/api'
import { Asking } from '../figure/asking.svelte'
import type { Tensor } from '../figure/safetensors'
import type { Waiting } from '../figure/server'
import { askMaps, type Kind, type Looked, type MapQuestion } from './asking'
import type { Asked, LayerRow } from './types'

export type Whole = Partial<Record<Kind, Tensor>>

/** Layers whose maps are kept whole. */
const MOST = 12

export class Wholes {
  #whole = $state.raw<Readonly<Record<string, Whole>>>({})
  /** Layers of which only what the forward pass gave is kept: another class is asked about. */
  #half: readonly string[] = []
  #fetching = $state.raw<Readonly<Record<string, Asking<MapQuestion, Looked>>>>({})
  /** What is said while the server is to be asked again. */
  waiting = $derived<Waiting | null>(
    Object.values(this.#fetching).find(({ waiting }) => waiting)?.waiting ?? null,
  )
  #refused: (problem: Problem | null) => void

  constructor(refused: (problem: Problem | null) => void) {
    this.#refused = refused
  }

  of(layer: string): Whole | null {
    return this.#whole[layer] ?? null
  }

  /** Fetch a layer's maps, or its activations alone, unless they are there. */
  want(row: LayerRow, body: Asked, glance: boolean): void {
    const { name } = row
    const there = this.#whole[name] && (glance || !this.#half.includes(name))
    // What wants a layer is not to want it again as soon as it has been refused.
    untrack(() => {
      if (!there && !this.#fetching[name]) void this.#fetch(row, body, glance)
    })
  }

  async #fetch({ name, weights }: LayerRow, body: Asked, glance: boolean): Promise<void> {
    const weighty = Object.keys(weights).length > 0
    const include: Kind[] = glance
      ? ['activation']
      : ['activation', 'gradient', 'product', ...(weighty ? (['weight', 'weight_gradient'] as const) : [])]
    const fetching = new Asking<MapQuestion, Looked>((question, signal) => askMaps(body, question, signal))
    this.#fetching = { ...this.#fetching, [name]: fetching }
    await fetching.ask({ layers: [name], include, encoding: 'float32', top: 1 }).catch(() => false)
    if (this.#fetching[name] !== fetching) return // Overtaken.
    this.#fetching = Object.fromEntries(Object.entries(this.#fetching).filter(([other]) => other !== name))
    if (!fetching.answer) {
      this.#refused(fetching.problem)
      return
    }
    const whole: Whole = {}
    for (const kind of include) {
      const tensor = fetching.answer.tensors[`${name}:${kind}`]
      if (tensor) whole[kind] = tensor
    }
    const kept = Object.entries(this.#whole).slice(1 - MOST)
    this.#half = [...this.#half.filter((other) => other !== name), ...(glance ? [name] : [])]
    this.#whole = { ...Object.fromEntries(kept), [name]: whole }
  }

  /** After the same forward pass, what it gave still holds; after another nothing does. */
  keep(forward: boolean): void {
    for (const fetching of Object.values(this.#fetching)) fetching.forget()
    this.#fetching = {}
    const kept = Object.entries(forward ? this.#whole : {}).map(([layer, { activation, weight }]) => {
      return [layer, { ...(activation && { activation }), ...(weight && { weight }) }] as const
    })
    this.#half = kept.map(([layer]) => layer)
    this.#whole = Object.fromEntries(kept)
  }
}
