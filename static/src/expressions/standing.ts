/** The figures on expressions, wherever they stand. */
import type { GradientCheck, Question, Told } from '../figure/api'
import { presentStep } from '../figure/player'
import { standing, type First } from '../figure/standing'
import CheckFigure from './CheckFigure.svelte'
import { Expression } from './expression.svelte'
import ExpressionFigure from './ExpressionFigure.svelte'

export function expression({ question, answer, problem, view }: First<Question, Told>) {
  const step = view.step === 'middle' ? view.step : /^\d+$/.test(view.step ?? '') ? Number(view.step) : null
  const store = new Expression({ question, answer, problem, step })
  return standing(ExpressionFigure, { expression: store }, () => {
    const atEnd = store.t >= (store.answer?.steps.length ?? 0)
    return {
      expression: store.text,
      inputs: store.usedInputs,
      mistake: store.mistake,
      step: atEnd ? null : presentStep(store.t) + 1,
    }
  })
}

export function gradientCheck({ question, answer, problem }: First<Question, GradientCheck>) {
  const store = new Expression({ question, answer: null, problem, step: null })
  return standing(CheckFigure, { expression: store, first: answer }, () => ({
    expression: store.text,
    inputs: store.usedInputs,
  }))
}
