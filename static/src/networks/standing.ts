/** The figures on networks, wherever they stand. */
import type { Problem } from '../figure/api'
import { standing, type First } from '../figure/standing'
import { table } from '../figure/tables'
import { comparisonFigure, gradientsFigure, stackFigure } from './asking'
import ComparisonFigure from './ComparisonFigure.svelte'
import { Spot } from './field.svelte'
import FieldFigure from './FieldFigure.svelte'
import GradientsTab from './GradientsTab.svelte'
import { STACK } from './link'
import { Networks } from './network.svelte'
import NetworkFigure from './NetworkFigure.svelte'
import StackPanel from './StackPanel.svelte'
import type {
  Architecture,
  Asked,
  Comparison,
  ComparisonQuestion,
  Cone,
  DeepStack,
  Effective,
  GradientSizes,
  LayerRow,
  NetworkAnswer,
  Stack,
  StackQuestion,
} from './types'
import './styles'

export async function network(first: First<Asked & { open?: string[] }, NetworkAnswer>) {
  const networks = new Networks({ ...first, chosen: first.view.layer ?? null })
  const [architectures, layers] = await Promise.all([
    table<Architecture>('architectures'),
    table<LayerRow>('layers'),
  ])
  return standing(NetworkFigure, { networks, architectures, table: layers }, () => ({
    ...networks.asked,
    open: networks.open,
    layer: networks.chosen,
  }))
}

type Unit = Asked & { layer?: string | null; unit?: number[] | null }

async function field(question: Unit, problem: Problem | null, seen: Cone | null, measured: Effective | null) {
  const { layer = null, unit = null, ...asked } = question
  const networks = new Networks({ question: asked, answer: null, problem, chosen: layer })
  const spot = new Spot(unit)
  const architectures = await table<Architecture>('architectures')
  return standing(FieldFigure, { networks, architectures, spot, seen, measured }, () => ({
    ...networks.asked,
    layer: networks.chosen,
    unit: spot.unit,
  }))
}

export const receptiveField = ({ question, answer, problem }: First<Unit, Cone>) =>
  field(question, problem, answer, null)

export const effectiveField = ({ question, answer, problem }: First<Unit, Effective>) =>
  field(question, problem, null, answer)

export function stack({ question, answer, problem }: First<StackQuestion, Stack>) {
  const figure = stackFigure(question).begin(answer, problem)
  return standing(StackPanel, { figure }, () => figure.question)
}

export async function comparison({ question, answer, problem }: First<ComparisonQuestion, Comparison>) {
  const figure = comparisonFigure(question).begin(answer, problem)
  const architectures = await table<Architecture>('architectures')
  return standing(ComparisonFigure, { figure, architectures }, () => figure.question)
}

export function gradientSizes({ question, answer, problem }: First<Partial<DeepStack>, GradientSizes>) {
  const figure = gradientsFigure({ ...STACK, ...question }).begin(answer, problem)
  return standing(GradientsTab, { figure }, () => figure.question)
}
