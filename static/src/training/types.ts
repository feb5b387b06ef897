/** The shapes of what the server says of experiments, under the project's words. */
import type { components } from '../figure/schema'
import type { Asked } from '../networks/types'

type Schemas = components['schemas']
type With<T, Fields> = Omit<T, keyof Fields> & Fields

/** What is brought along beside the settings: a network, or points. */
export type Own = Asked & { added?: number[][] }
/** Points that the visitor adds to a picture. */
export type Adding = { added: readonly number[][]; onchange: (added: number[][]) => void }

export type Setting = number | string
export type Settings = Record<string, Setting>
export type SettingRow = With<Schemas['SettingRow'], { default: Setting; values: Setting[] | null }>
export type Preset = { title: string; settings: Settings }
export type ExperimentRow = With<
  Schemas['ExperimentRow'],
  { settings: SettingRow[]; presets: Preset[]; kind: Kind }
>
/** The pictures there are; an answer says which of them it is drawn as. */
export type Kind = 'curve' | 'plane' | 'net' | 'lines' | 'sheet' | 'split' | 'paths' | 'stack'

/** A fit at `data.x`; points of this moment: where, how large each is drawn, whether it is bad (2: it
 * was added), its influence. */
export type CurveShown = { fit: number[]; points?: number[][]; truth?: number[] }
/** Which units take part at this moment, a layer a list. */
export type NetShown = { on: number[][] }
/** Lines over `data.places`, one for each of `data.lines`. */
export type LinesShown = { lines: (number | null)[][] }
/** What each picture of a sheet is taken for, and whether that is right. Where each is given a label,
 * whether that is right; and where they change, the pictures themselves. */
export type SheetShown = { named: string[]; right: boolean[]; given?: string[]; pixels?: number[][] }
/** Parts of a bar, filled as far as they are known; and values so far as ticks on a line. */
export type SplitShown = { parts: { name: string; value: number | null; tone: string }[]; ticks: number[] }
/** Paths over a plane, one for each of `data.lines`. */
export type PathsShown = { paths: number[][][] }

/** The layers of a net: whether each was carried, whether it is frozen, how far its weights have moved
 * (1 is by their own size). */
export type StackShown = { layers: { name: string; carried: boolean; frozen: boolean; moved: number }[] }

export type Shown = number[] | Record<string, unknown>
export type Side = With<Schemas['Side'], { shown: Shown }>
/** What one side stands on: points as [x, y], or [x, y, class], and what its kind of picture needs. */
export type Data = {
  name: string
  kind: Kind
  points: number[][]
  x: number[] | null
  truth: number[] | null
  /** How many points the visitor may add. */
  most_added?: number
  domain: [number, number, number, number]
  /** Of a net: name and number of units, a layer each. */
  layers?: [string, number][]
  /** What lines or paths are called. */
  lines?: string[]
  ways?: ('forward' | 'backward')[]
  places?: number[]
  /** What the axes of a picture say. */
  across?: string
  up?: string
  logarithmic?: boolean
  /** Of a sheet: pixels row by row from 0 to 255, how many pictures across, and how large one is. */
  pixels?: number[][]
  columns?: number
  size?: number
  /** Of a stack of layers: nothing was carried. */
  plain?: boolean
  /** Of a plane of paths: a height at each place, row by row from the top. */
  heights?: number[][]
}
export type Frame = With<
  Schemas['Frame'],
  {
    run: Side
    control: Side
    data: { run: Data; control: Data; curves: string[]; closed: string | null; steps: number | null } | null
  }
>
