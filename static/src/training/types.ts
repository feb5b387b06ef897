/** The shapes of what the server says of experiments, under the project's words. */
import type { components } from '../figure/schema'

type Schemas = components['schemas']
type With<T, Fields> = Omit<T, keyof Fields> & Fields

export type Setting = number | string
export type Settings = Record<string, Setting>
export type SettingRow = With<Schemas['SettingRow'], { default: Setting; values: Setting[] | null }>
export type Preset = { title: string; settings: Settings }
export type ExperimentRow = With<
  Schemas['ExperimentRow'],
  { settings: SettingRow[]; presets: Preset[]; kind: 'curve' | 'plane' }
>
export type Side = With<Schemas['Side'], { shown: number[] }>
/** What one side is trained on: [x, y], or [x, y, class]. */
export type Data = {
  name: string
  points: number[][]
  x: number[] | null
  truth: number[] | null
  domain: [number, number, number, number]
}
export type Frame = With<
  Schemas['Frame'],
  { run: Side; control: Side; data: { run: Data; control: Data } | null }
>
