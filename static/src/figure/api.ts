/** The shapes of the REST answers: the generated types, under the project's words. */
import type { components } from './schema'

type Schemas = components['schemas']
/** JSON Schema cannot say "a list of lists of ... numbers" shortly; this can. */
type With<T, Fields> = Omit<T, keyof Fields> & Fields

export type Nested = number | null | Nested[]
export type Preview = With<
  Schemas['Preview'],
  { min: number; max: number; mean: number; entries: number[][] }
>
export type Value = Nested | Preview

export type GraphNode = {
  id: string
  op: string
  inputs: string[]
  value?: Nested
  attributes?: Record<string, unknown>
}
export type GraphText = { nodes: GraphNode[]; output: string }
export type Mistake = 'overwrite' | 'order'
export type Question = {
  expression: string | GraphText
  inputs: Record<string, Nested>
  fill?: boolean
  mistake?: Mistake | null
  layout?: boolean
  preview?: number | null
  steps?: boolean | number
}

export type Node = With<
  Schemas['NodeAnswer'],
  { value: Value; gradient: Value; attributes: Record<string, unknown>; span: [number, number] | null }
>
export type Flow = With<Schemas['FlowAnswer'], { upstream: Value; local: Value; downstream: Value }>
export type Step = Schemas['StepAnswer']
/** What happens in a step, without the words and formulas that tell it. */
export type Moment = Omit<Step, 'sentence' | 'latex'>
export type StepsAnswer = Schemas['ExpressionStepsAnswer']
export type Wrong = With<Schemas['WrongGradient'], { right: Value; wrong: Value }>

export type Point = Schemas['Point']
export type GridPlace = Schemas['GridPlace']
export type PlacedNode = Schemas['NodePlace']
/** `points` come four a Bézier, one Bézier after the other. */
export type Wire = With<Schemas['WirePlace'], { points: [number, number][] }>
export type Layout = With<Schemas['Layout'], { wires: Wire[] }>

/** As it comes from the server, of a large graph without its steps. */
export type Told = With<
  Schemas['ExpressionAnswer'],
  {
    inputs: Record<string, Value>
    nodes: Node[]
    flows: Flow[]
    wrong?: Wrong[] | null
    layout?: Layout | null
  }
>
/** With all that happens in it, and the very question that it is to. */
export type Answer = With<Told, { steps: (Step | Moment)[] }> & { pass: Question }

export type Place = { offset?: number; length?: number; node?: string; input?: string; field?: string }
export type Problem = {
  message: string
  where: Place | null
  suggestion: string | null
  /** Of an expression that could be read: its inputs, and values that would fit where theirs do not. */
  inputs?: string[]
  fits?: Record<string, Nested>
}

export type Op = With<
  Schemas['OpRow'],
  { parameters: Record<string, unknown>; derivatives: Record<string, string> }
>
export type Example = With<Schemas['ExampleRow'], { inputs: Record<string, Nested> }>
export type CheckRow = With<Schemas['CheckedInput'], { analytic: Value; numerical: Value; autograd: Value }>
export type GradientCheck = With<Schemas['GradientCheckAnswer'], { inputs: CheckRow[] }>
export type EntryAnswer = Schemas['EntryAnswer']
export type PathsAnswer = Schemas['PathsAnswer']
export type ExportFormat = Schemas['ExportQuestion']['format']
