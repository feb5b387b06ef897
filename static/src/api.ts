/** The shapes of the REST answers, by the words of the project. */

export type Nested = number | null | Nested[]
export type Preview = {
  shape: number[]
  min: number
  max: number
  mean: number
  stride: number[]
  entries: number[][]
}
export type Value = Nested | Preview

export type GraphText = { nodes: GraphNode[]; output: string }
export type GraphNode = {
  id: string
  op: string
  inputs: string[]
  value?: Nested
  attributes?: Record<string, unknown>
}

export type Mistake = 'overwrite' | 'order'

export type Question = {
  expression: string | GraphText
  inputs: Record<string, Nested>
  fill?: boolean
  mistake?: Mistake | null
  layout?: boolean
  preview?: number | null
}

export type Node = {
  id: string
  op: string
  inputs: string[]
  attributes: Record<string, unknown>
  name: string | null
  gate: string
  shape: number[]
  value: Value
  gradient: Value | null
  reason: string | null
  latex: string
  span: [number, number] | null
  literal: boolean
  absorbed?: boolean
}

export type Flow = {
  source: string
  target: string
  argument: string
  position: number
  upstream: Value | null
  local: Value | null
  downstream: Value | null
  rule: string
  formula: string
  latex: string
  reason: string | null
}

export type Step = {
  kind: 'forward' | 'backward' | 'accumulate'
  node: string
  flow: number | null
  flows?: number[] | null
  sentence: string
  latex: string
}

export type Wrong = { node: string; right: Value | null; wrong: Value | null; why: string }

export type Point = { x: number; y: number }
export type GridPlace = {
  x: number
  y: number
  width: number
  height: number
  rows: number
  columns: number
  gradient_y?: number
}
export type PlacedNode = {
  id: string
  kind: 'input' | 'gate'
  x: number
  y: number
  width: number
  height: number
  label: Point
  grid: GridPlace | null
  out: Point
}
export type Wire = {
  source: string
  target: string
  position: number
  path: string
  /** Four points a Bézier, one after the other. */
  points: [number, number][]
  label: Point
}
export type Layout = { width: number; height: number; nodes: PlacedNode[]; wires: Wire[] }

export type Answer = {
  output: string
  expression: string
  inputs: Record<string, Value>
  nodes: Node[]
  flows: Flow[]
  steps: Step[]
  wrong?: Wrong[] | null
  layout?: Layout | null
}

export type Place = { offset?: number; length?: number; node?: string; input?: string; field?: string }
export type Problem = { message: string; where: Place | null; suggestion: string | null }

export type Op = {
  name: string
  arguments: string[]
  parameters: Record<string, unknown>
  category: string
  symbol: string
  latex: string
  says: string
  derivatives: Record<string, string>
  derivatives_latex: Record<string, string>
  kind: 'local' | 'downstream' | null
  example: { expression: string; inputs: Record<string, Nested> }
  insert: string
}

export type Example = {
  name: string
  title: string
  expression: string
  inputs: Record<string, Nested>
  says: string
}

export type CheckRow = {
  name: string
  shape: number[]
  analytic: Value | null
  numerical: Value | null
  autograd: Value | null
  relative_error: number | null
  verdict: string
  checked?: number
  of?: number
}
export type GradientCheck = { inputs: CheckRow[]; step: number }

export type EntryAnswer = {
  node: string
  index: number[]
  value: number | null
  gradient: number | null
  terms: { source: string; index: number[]; value: number; local: number | null; product: number | null }[]
  flows: { target: string; index?: number[] | null; downstream: number | null }[]
  latex: string
  sentence: string
}

export type PathsAnswer = {
  latex: string
  sentence: string
  paths: { nodes: string[]; latex: string; product: number | null }[]
  total: number | null
}

export type ExportFormat = 'pytorch' | 'latex' | 'svg' | 'json' | 'curl'
