import katex from 'katex'
import { firstIn, type First } from '../figure/standing'
import { setBy } from '../numbers/formulas'
import { alive } from '../page/alive'
import '../page/page'
import { CHAIN, momentOf } from '../training/step/link'
import { TrainingStep } from '../training/step/step.svelte'
import StepPage from '../training/step/StepPage.svelte'
import type { Answer, Question } from '../training/step/types'

const place = document.querySelector<HTMLElement>('[data-figure="training-step"]')
const first = place && (firstIn(place) as First<Question, Answer> | null)
if (place && first) {
  setBy(katex)
  // Who asks for nothing sees a step as it is made.
  const asked = [...new URLSearchParams(location.search).keys()].some((name) => name !== 'projector')
  const figure = new TrainingStep(first.question, asked ? momentOf(first.view.moment) : CHAIN)
  figure.begin(first.answer, first.problem)
  void alive(place, StepPage, { figure })
}
