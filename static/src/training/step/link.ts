/** What makes the link of a training step: its question, and the moment one looks at. */
import type { TrainingStep } from './step.svelte'
import type { Question } from './types'

/** Where one begins who says nothing: the batch is told. */
const FIRST = 1
/** Of the net that stands there by itself, where the chain rule takes the gradient to a layer's units. */
export const CHAIN = 6

export const momentOf = (text: string | null | undefined): number =>
  /^\d{1,3}$/.test(text ?? '') ? Number(text) : FIRST

export function viewOf(figure: TrainingStep): Record<string, unknown> {
  const moment = Math.round(figure.t)
  return { ...figure.question, moment: !figure.answer || moment === FIRST ? null : moment }
}

/** The run that the step is one of. */
export function runOf({ step: _step, sample: _sample, weight: _weight, ...settings }: Question): string {
  const given = Object.entries({ experiment: 'classifier-2d', ...settings })
  return `/training?${new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString()}`
}
