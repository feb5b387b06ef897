/** The shapes of what the server says of one training step. */
import type { components } from '../../figure/schema'

/** Of a small dense net, drawn whole, on points. */
export type Dense = components['schemas']['TrainingStepAnswer']
/** Of a larger one on pictures, drawn in part. */
export type Layered = components['schemas']['LayeredStepAnswer']
export type Answer = Dense | Layered
export type Net = components['schemas']['StepNet']
export type Question = { step?: number; sample?: number; weight?: string } & Record<string, unknown>
/** A weight, or a bias; of a kernel with its row and column; all counted from 1. */
export type Place = {
  layer: number
  unit: number
  source: number | null
  row?: number | null
  column?: number | null
  bias: boolean
}

export const isLayered = (answer: Answer): answer is Layered => 'layers' in answer
