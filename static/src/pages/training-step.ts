import katex from 'katex'
import { firstIn, type First } from '../figure/standing'
import { setBy } from '../numbers/formulas'
import { alive } from '../page/alive'
import '../page/page'
import { momentOf } from '../training/step/link'
import { TrainingStep } from '../training/step/step.svelte'
import StepPage from '../training/step/StepPage.svelte'
import type { Answer, Question } from '../training/step/types'

const place = document.querySelector<HTMLElement>('[data-figure="training-step"]')
const first = place && (firstIn(place) as First<Question, Answer> | null)
if (place && first) {
  setBy(katex)
  const figure = new TrainingStep(first.question, momentOf(first.view.moment))
  figure.begin(first.answer, first.problem)
  void alive(place, StepPage, { figure })
}
