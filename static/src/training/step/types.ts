/** The shapes of what the server says of one training step. */
import type { components } from '../../figure/schema'

export type Answer = components['schemas']['TrainingStepAnswer']
export type Net = components['schemas']['StepNet']
export type Question = { step?: number; sample?: number; weight?: string } & Record<string, unknown>
/** A weight, or a bias where there is no source; all counted from 1. */
export type Place = { layer: number; unit: number; source: number | null }
