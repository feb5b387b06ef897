/** The shapes of the questions and answers about a network that looks at an image. */
import type { components } from '../figure/schema'
import type { NetworkSpec } from '../networks/types'

type Schemas = components['schemas']
type With<T, Fields> = Omit<T, keyof Fields> & Fields

/** What is asked: a network that ships or a visitor's own, an image, and what the gradients are of. */
export type Asked = {
  model?: string
  network?: NetworkSpec
  source?: string
  input?: number[]
  architecture?: string
  stride_on?: string | null
  seed?: number
  /** A safetensors file, as base64. */
  weights?: string | null
  /** A name of /api/images, or a data address. */
  image: string
  drawing?: boolean
  target?: number | null
  of?: Of
}
export type Of = Schemas['TargetClass']['of']

// Where a score were no number, or a map's, the server would have said so instead of answering.
export type ClassRow = With<Schemas['ClassScore'], { score: number }>
export type Target = With<Schemas['TargetClass'], { score: number; value: number }>
export type Stats = Record<keyof Schemas['Statistics'], number>
export type LayerRow = With<
  Schemas['LookedLayer'],
  {
    activation: Stats
    gradient: Stats | null
    weight_gradient: Stats | null
    receptive_field: { size: [number, number] | null; reason: string | null } | null
  }
>
/** What a map was made from: every layer here has finite numbers. */
export type Origins = With<Schemas['Origins'], { origins: Schemas['Origin'][] }>
export type Step = Schemas['LookStep']
/** Its maps come as tensors, and a unit when it is asked about. */
export type LookAnswer = With<
  Omit<Schemas['ActivationsAnswer'], 'maps' | 'unit' | 'map'>,
  { classes: ClassRow[]; target: Target; layers: LayerRow[] }
>

export type ModelRow = Schemas['ModelRow']
export type Picture = ModelRow['picture']
export type ImageRow = Pick<Schemas['ImageRow'], 'name' | 'says' | 'kind'>

/** What a map can show. `product` is activation times gradient. */
export const SHOWS = ['activation', 'gradient', 'product', 'weight'] as const
export type Show = (typeof SHOWS)[number]
/** What the colours of a map are in proportion to: the largest of its layer, or its own. */
export type Scale = 'layer' | 'map'

/** Which maps of a layer are drawn: those of the largest size, those with the largest part in the class, all. */
export const RANKS = ['size', 'part', 'all'] as const
export type Rank = (typeof RANKS)[number]

export const VIEWS = ['overview', 'layer', 'unit', 'looks', 'why'] as const
export type View = (typeof VIEWS)[number]
