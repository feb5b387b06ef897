/** What makes the link of a training step: its question, and the moment one looks at. */
import { queryOf } from '../../figure/link'
import type { TrainingStep } from './step.svelte'
import type { Question } from './types'

/** Whose step it is where nothing is said. */
const FIRST_RUN = 'classifier-2d'
/** Where one begins who says nothing: the batch is told. */
const FIRST = 1

export const momentOf = (text: string | null | undefined): number =>
  /^\d{1,3}$/.test(text ?? '') ? Number(text) : FIRST

export function viewOf(figure: TrainingStep): Record<string, unknown> {
  const moment = Math.round(figure.t)
  return { ...figure.question, moment: !figure.answer || moment === FIRST ? null : moment }
}

/** The run that the step is one of, as a link. */
export async function runOf({
  step: _step,
  sample: _sample,
  weight: _weight,
  ...run
}: Question): Promise<string> {
  return `/training?${await queryOf({ experiment: FIRST_RUN, ...run })}`
}
