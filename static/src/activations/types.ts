/** The shapes of the questions and answers about a network that looks at an image. */
import type { NetworkSpec } from '../networks/types'

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
export type Of = 'score' | 'loss'

export type ClassRow = { index: number; name: string; score: number; probability: number | null }
export type Target = ClassRow & { of: Of; value: number }
export type Stats = {
  min: number
  max: number
  mean: number
  zeros: number
  norm: number
  reach: number
}
export type LayerRow = {
  name: string
  type: string
  kind: string
  inputs: string[]
  shape: number[]
  weights: Record<string, number[]>
  parameters: number
  activation: Stats
  gradient: Stats | null
  weight_gradient: Stats | null
  /** The layer with a window that this pointwise one belongs to. */
  follows: string | null
  /** What one of its units can see of the picture; null, and the reason, where no one size holds. */
  receptive_field: { size: [number, number] | null; reason: string | null } | null
}
export type Step = { pass: 'forward' | 'backward'; layer: string }
export type LookAnswer = {
  model: string | null
  title: string | null
  input: number[]
  parameters: number
  image: { name: string | null; says: string | null }
  classes: ClassRow[]
  target: Target
  layers: LayerRow[]
  steps: Step[]
}

export type ModelRow = {
  name: string
  title: string
  says: string
  picture: Picture
  /** Of the pictures that it learned, and the one that it is shown first. */
  kind: ImageRow['kind']
  first: string
  input: number[]
  classes: string[]
  parameters: number
  macs: number
  accuracy: number | null
  accuracy_source: string | null
  paper: string
  licence: string
}
export type Picture = 'photo' | 'drawing' | 'garment'
export type ImageRow = { name: string; says: string; kind: 'photo' | 'digit' | 'garment' }

/** What a map can show. `product` is activation times gradient. */
export const SHOWS = ['activation', 'gradient', 'product', 'weight'] as const
export type Show = (typeof SHOWS)[number]
/** What the colours of a map are in proportion to: the largest of its layer, or its own. */
export type Scale = 'layer' | 'map'

export const VIEWS = ['overview', 'layer', 'unit', 'looks', 'why'] as const
export type View = (typeof VIEWS)[number]
