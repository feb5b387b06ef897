/** The shapes of the answers about one layer, from the server's schema. */
import type { components } from '../figure/schema'
import type { Cell, Volume } from '../grids/planes'

type Schemas = components['schemas']

export type Answer = Schemas['ConvolutionAnswer']
export type Steps = Schemas['StepsAnswer']
export type Step = Steps['steps'][number]
export type Forward = Schemas['ForwardCellStep']
export type Backward = Schemas['BackwardCellStep']
export type Axis = Schemas['WindowAxis']
export type Connected = Schemas['ConnectedLayer']
export type Filter = Schemas['FilterRow']
export type Image = { name: string; says: string }

export type Layer = Answer['layer']
export type Weights = string | (string | Volume)[]

/** A number for both axes, or height and width. */
export type Size = number | readonly [number, number]
/** A gradient that comes to one cell only. */
export type OneCell = { cell: Cell; value: number }

/** Of the fully connected layer beside a convolution: the row of W that is looked at. */
export type Beside = number | 'folded'

/** What a visitor has chosen; what is null is the server's choice. */
export type Setting = {
  layer: Layer
  /** A name, or numbers of one's own. */
  input: string | Volume
  seed: number
  filters: number | null
  kernel_size: Size | null
  stride: Size | null
  padding: Size
  dilation: Size
  weights: Weights | null
  bias: number | number[]
  upstream: string | OneCell | Volume
}

export type Window = Schemas['WindowAnswer']
export type WindowQuestion = {
  input: Size
  kernel: Size
  stride?: Size
  padding?: Size
  dilation?: Size
}
