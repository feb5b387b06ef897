/** An experiment wherever it stands: one figure for every row of the table. */
import { standing, type First, type Stand } from '../figure/standing'
import { table } from '../figure/tables'
import { ownOf, settingsOf } from './link'
import { Run } from './run.svelte'
import { momentOf, viewOf } from './step/link'
import { TrainingStep } from './step/step.svelte'
import StepFigure from './step/StepFigure.svelte'
import type { Answer, Question } from './step/types'
import TrainingFigure from './TrainingFigure.svelte'
import type { ExperimentRow } from './types'

/** null: there is no experiment of that name. */
export async function experiment(name: string): Promise<Stand | null> {
  const row = (await table<ExperimentRow>('experiments')).find((each) => each.name === name)
  if (!row) return null
  return ({ question, problem }: First) => {
    const run = new Run(row, settingsOf(row, question), ownOf(question))
    run.problem = problem
    const asked = () => ({ ...run.settings, ...run.own })
    return standing(TrainingFigure, { run }, asked, { begin: () => void (problem || run.start()) })
  }
}

/** One step of a run. */
export function trainingStep({ question, answer, problem, view }: First<Question, Answer>) {
  const figure = new TrainingStep(question, momentOf(view.moment)).begin(answer, problem)
  return standing(StepFigure, { figure }, () => viewOf(figure))
}
