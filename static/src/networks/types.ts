/** The shapes of the answers on networks, under the project's words. */
import type { Problem } from '../figure/api'
import type { components } from '../figure/schema'

type Schemas = components['schemas']
type With<T, Fields> = Omit<T, keyof Fields> & Fields

export type Value = number | string | boolean | null | (number | null)[]
export type LayerSpec = { type: string; [argument: string]: Value }
export type NodeSpec = { name?: string; layer: LayerSpec; inputs?: string[] }
export type NetworkSpec = { input: number[]; layers: NodeSpec[] }

/** What is asked about: one of the well-known, code, or the layers themselves. */
export type Asked = {
  architecture?: string
  stride_on?: string | null
  source?: string
  input?: number[]
  network?: NetworkSpec
}

export type Sight = Schemas['FieldAnswer']
export type Row = With<
  Schemas['LayerAnswer'],
  {
    problem: Problem | null
    place?: [number, number] | null
    arithmetic?: { parameters?: string; macs?: string; memory?: string } | null
  }
>
export type Volume = With<
  Schemas['VolumePlace'],
  { shares: Record<Cost, number>; faces: Record<'front' | 'top' | 'side', string> }
>
export type Drawing = With<Schemas['DrawingAnswer'], { volumes: Volume[] }>
export type NetworkAnswer = With<
  Schemas['NetworkAnswer'],
  { rows: Row[]; problem: Problem | null; network: NetworkSpec; drawing: Drawing; code: string | null }
>
export type Architecture = With<Schemas['ArchitectureRow'], { options: Record<string, string[]> }>
export type LayerField = With<Schemas['LayerField'], { default: Value; choices: Value[] }>
export type LayerRow = With<Schemas['LayerRow'], { fields: LayerField[]; start: LayerSpec }>

export const COSTS = ['parameters', 'macs', 'activation_bytes'] as const
export type Cost = (typeof COSTS)[number]
export const COST_NAMES: Record<Cost, string> = {
  parameters: 'Parameters',
  macs: 'Multiply-adds',
  activation_bytes: 'Memory of activations',
}

export type Region = { rows: [number, number]; columns: [number, number] }
export type Cone = With<
  Schemas['ReceptiveFieldAnswer'],
  { input: Region | null; field: Region | null; extent: [number, number] }
>
export type Stack = Schemas['StackAnswer']
export type Effective = Schemas['EffectiveFieldAnswer']
export type GradientSizes = Schemas['GradientSizesAnswer']
export type Measure = 'gradients' | 'weight_gradients' | 'activations'
export type DeepStack = {
  blocks: number
  width: number
  residual: boolean
  batch_norm: boolean
  initialisation: 'pytorch' | 'he'
  seed: number
}
export type Fact = Schemas['LectureFact']
export type StackQuestion = { kernel_size: number; channels?: number }
export type ComparisonQuestion = { names: string[] }
export type Comparison = Schemas['ComparisonAnswer']
