import katex from 'katex'
import type { Example, Problem, Question, Told } from '../figure/api'
import { Expression } from '../expressions/expression.svelte'
import { setBy } from '../numbers/formulas'
import ExpressionPage from '../expressions/ExpressionPage.svelte'
import { fromQuery } from '../expressions/link'
import { alive } from '../page/alive'
import '../page/page'
import { written } from '../figure/written'

const place = document.querySelector<HTMLElement>('[data-figure="expression"]')
if (place) {
  const { step } = fromQuery(location.search)
  const asked = ['expression', 'packed_expression', 'inputs'].some((name) =>
    new URLSearchParams(location.search).has(name),
  )
  const expression = new Expression({
    question: written<Question>('question'),
    answer: written<Told | null>('answer'),
    problem: written<Problem | null>('problem'),
    // Who asks for nothing sees a step as it is made.
    step: step ?? (asked ? null : 'middle'),
  })
  const examples = written<Example[]>('examples')
  // What stands behind the `#` the server has not read.
  const open = (): void => {
    const { text, inputs } = fromQuery(location.hash.slice(1))
    if (text !== undefined) void expression.open(text, inputs ?? {})
  }
  open()
  addEventListener('hashchange', open)
  // How the inputs are broken into lines depends on how wide their names are.
  setBy(katex)
  void alive(place, ExpressionPage, { expression, examples })
}
