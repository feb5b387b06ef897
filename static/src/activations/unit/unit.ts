import type { components } from '../../figure/schema'
import type { LayerRow } from '../types'
import type { Plane, Volume } from '../../grids/planes'

type Schemas = components['schemas']
type With<T, Fields> = Omit<T, keyof Fields> & Fields

/** A unit by its place; a vector's has neither row nor column. */
export type At = { layer: string; channel: number; row: number | null; column: number | null }
export type Span = readonly [first: number, last: number]
export type Region = { rows: Span; columns: Span }

type Step = Required<Schemas['UnitStep']>
type Common = With<Pick<Step, 'layer' | 'type' | 'gradient' | 'latex'>, { value: number }>
type Windowed = Common &
  Pick<Step, 'sources'> & { rows: Span; columns: Span; dilation?: readonly [number, number] }
export type ConvolutionStep = Windowed &
  With<
    Pick<Step, 'channels' | 'patch' | 'weights' | 'products' | 'sums' | 'bias' | 'sum'>,
    { channels: Span; patch: Volume; weights: Volume; products: Volume; sums: number[]; sum: number }
  >
export type LinearStep = Common &
  With<
    Pick<
      Step,
      'sources' | 'index' | 'patch' | 'weights' | 'products' | 'omitted' | 'omitted_sum' | 'bias' | 'sum'
    >,
    { patch: number[]; weights: number[]; products: number[]; omitted_sum: number; sum: number }
  >
export type PoolStep = Windowed & { patch: Plane; argmax: readonly [number, number] | null }
export type Part = At & { value: number }
export type JointStep = Common & { parts: Part[] }
export type ChainStep = Common | ConvolutionStep | LinearStep | PoolStep | JointStep

export type Term = With<
  Schemas['GradientTerm'],
  Pick<At, 'row' | 'column'> & { upstream: number; local: number; downstream: number }
>
/** What a layer that takes the number sends back; "target" is where the backward pass begins. */
export type Consumer = With<Schemas['GradientPart'], { sum: number; terms: Term[]; omitted_sum: number }>
export type Unit = With<
  Schemas['UnitAnswer'],
  Pick<At, 'row' | 'column'> & {
    value: number
    chain: ChainStep[]
    receptive_field: Region | null
    backward: With<Schemas['UnitBackward'], { parts: Consumer[] }>
    expression: Pick<Schemas['UnitExpression'], 'expression' | 'link' | 'note'> | null
  }
>

// By what is told of a step, not by its layer's name: a new layer is read as those before it.
export const isConvolution = (step: ChainStep): step is ConvolutionStep => 'sums' in step
export const isLinear = (step: ChainStep): step is LinearStep => 'index' in step
export const isPool = (step: ChainStep): step is PoolStep => 'patch' in step && !('weights' in step)
export const isJoint = (step: ChainStep): step is JointStep => 'parts' in step

/** A place under a window, by its tap. */
export function under(step: ConvolutionStep | PoolStep, channel: number, row: number, column: number): At {
  const [down, right] = step.dilation ?? [1, 1]
  return {
    layer: step.sources[0] ?? '',
    channel,
    row: step.rows[0] + row * down,
    column: step.columns[0] + column * right,
  }
}

/** The same place, as the layer has it: a vector's unit has no row and no column. */
export function placeIn(layers: readonly LayerRow[], at: At): At {
  const flat = layers.find(({ name }) => name === at.layer)?.shape.length === 1
  return flat ? { ...at, row: null, column: null } : at
}

/** Whether each channel gives one product: those are read in a table, not in grids. */
export const onePixel = (step: ConvolutionStep): boolean =>
  step.weights[0]?.length === 1 && step.weights[0][0]?.length === 1

/** Places from the largest size to the smallest; equal ones stay in their order. */
export function strongest(values: readonly (number | null)[]): number[] {
  const size = (i: number) => Math.abs(values[i] ?? 0)
  return values.map((_, i) => i).sort((a, b) => size(b) - size(a) || a - b)
}

/** A product, with the place its number came from. */
export type Product = {
  place: string
  from: At
  x: number | null
  weight: number
  product: number
}

/** The products of a 1x1 convolution or a linear layer. */
export function productsOf(step: ConvolutionStep | LinearStep): Product[] {
  const layer = step.sources[0] ?? ''
  if (isLinear(step)) {
    return step.patch.map((x, i) => ({
      place: String(step.index[i]),
      from: { layer, channel: step.index[i]!, row: null, column: null },
      x,
      weight: step.weights[i]!,
      product: step.products[i]!,
    }))
  }
  return step.sums.map((product, i) => ({
    place: String(step.channels[0] + i),
    from: { layer, channel: step.channels[0] + i, row: step.rows[0], column: step.columns[0] },
    x: step.patch[i]?.[0]?.[0] ?? null,
    weight: step.weights[i]?.[0]?.[0] ?? 0,
    product,
  }))
}

/** "channel 3, row 7, column 9"; a vector's unit is "unit 3". */
export const placeName = ({ channel, row, column }: Pick<At, 'channel' | 'row' | 'column'>): string =>
  row === null || column === null ? `unit ${channel}` : `channel ${channel}, row ${row}, column ${column}`

export const placeShort = ({ channel, row, column }: Pick<At, 'channel' | 'row' | 'column'>): string =>
  row === null || column === null ? `[${channel}]` : `[${channel},${row},${column}]`

export const sameAt = (a: At | null, b: At | null): boolean =>
  a !== null &&
  b !== null &&
  a.layer === b.layer &&
  a.channel === b.channel &&
  a.row === b.row &&
  a.column === b.column
