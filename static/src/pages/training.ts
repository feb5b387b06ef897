import type { Problem } from '../figure/api'
import { written } from '../figure/written'
import { alive } from '../page/alive'
import '../page/page'
import { ownOf, settingsOf } from '../training/link'
import { Run } from '../training/run.svelte'
import TrainingPage from '../training/TrainingPage.svelte'
import type { ExperimentRow } from '../training/types'

type First = { experiment: string; question: Record<string, unknown>; problem: Problem | null }

const place = document.querySelector<HTMLElement>('[data-figure="training"]')
if (place) {
  const first = written<First>('first')
  const rows = written<ExperimentRow[]>('experiments')
  const row = rows.find(({ name }) => name === first.experiment) ?? rows[0]!
  const run = new Run(row, settingsOf(row, first.question), ownOf(first.question))
  run.problem = first.problem
  void alive(place, TrainingPage, { run, rows })
  if (!first.problem) run.start()
}
