/** What happens in which step: known of every answer, told in words of small graphs only. */
import type { Answer, Moment, Question, Step, StepsAnswer, Told } from '../figure/api'

/** Above so many nodes the steps are fetched where one looks; the same as FEW in app/web/expressions.py. */
export const FEW = 300

export const isTold = (moment: Step | Moment | null | undefined): moment is Step =>
  !!moment && 'sentence' in moment

/** An answer with the steps that it left out, as far as they need no words, and the pass that was asked for. */
export const whole = (told: Told, { expression, inputs, fill, mistake }: Question): Answer => ({
  ...told,
  steps: told.steps ?? momentsOf(told),
  pass: { expression, inputs, fill: fill ?? false, mistake: mistake ?? null },
})

/** The steps in the order that the server states of `track`: nodes, the start, flows and their sums. */
export function momentsOf({ nodes, flows, output }: Pick<Told, 'nodes' | 'flows' | 'output'>): Moment[] {
  const moments: Moment[] = nodes
    .filter(({ op }) => op !== 'input' && op !== 'constant')
    .map(({ id }) => ({ kind: 'forward', node: id, flow: null, flows: [] }))
  moments.push({ kind: 'backward', node: output, flow: null, flows: [] })
  const into = new Map<string, number[]>()
  flows.forEach(({ source }, k) => {
    const uses = into.get(source)
    if (uses) uses.push(k)
    else into.set(source, [k])
  })
  flows.forEach(({ source }, k) => {
    moments.push({ kind: 'backward', node: source, flow: k, flows: [] })
    const uses = into.get(source)!
    if (uses.length > 1 && uses.at(-1) === k)
      moments.push({ kind: 'accumulate', node: source, flow: null, flows: uses })
  })
  return moments
}

/** The formulas that a card shows, of the nodes and flows that are known so far. */
export type Formulas = {
  node: (id: string) => string | null
  flow: (index: number) => { rule: string; latex: string } | null
}

/** With the answer itself, or with the steps that were fetched. */
export function formulasOf(answer: Answer, fetched: readonly StepsAnswer[]): Formulas {
  const nodes = new Map(answer.nodes.map(({ id, latex }) => [id, latex ?? null]))
  const flows = new Map(
    answer.flows.map(({ rule, latex }, index) => [index, rule && latex ? { rule, latex } : null]),
  )
  for (const batch of fetched) {
    for (const { id, latex } of batch.nodes) nodes.set(id, latex)
    for (const { flow, rule, latex } of batch.flows) flows.set(flow, { rule, latex })
  }
  return { node: (id) => nodes.get(id) ?? null, flow: (index) => flows.get(index) ?? null }
}
