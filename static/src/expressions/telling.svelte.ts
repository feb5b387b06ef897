/** The steps in words and the formulas of nodes and flows: with the answer, or fetched where one looks. */
import type { Problem, Step, StepsAnswer } from '../figure/api'
import { presentStep } from '../figure/player'
import { Steps } from '../figure/steps.svelte'
import type { Expression } from './expression.svelte'
import { formulasOf, isTold, type Formulas } from './moments'

export class Telling {
  #expression: Expression
  #fetched = new Steps<StepsAnswer>('/api/expression/steps')
  #present = $derived.by(() => presentStep(this.#expression.t))
  /** The present step, once it is there. */
  step: Step | null = $derived.by(() => this.#stepAt(this.#present))
  formulas: Formulas | null = $derived.by(() => {
    const { answer } = this.#expression
    return answer && formulasOf(answer, this.#fetched.batches)
  })

  constructor(expression: Expression) {
    this.#expression = expression
    this.renew()
  }

  get trouble(): Problem | null {
    return this.#fetched.trouble
  }

  /** Whether there is a present step whose words are still to come. */
  get lacking(): boolean {
    return this.step === null && this.#expression.answer?.steps[this.#present] !== undefined
  }

  #stepAt(index: number): Step | null {
    const step = this.#expression.answer?.steps[index]
    if (!step || isTold(step)) return step ?? null
    const batch = this.#fetched.batchOf(index)
    return batch?.steps[index - batch.first] ?? null
  }

  /** Another answer is there. */
  renew(): void {
    const { answer } = this.#expression
    if (answer) this.#fetched.of(answer.pass, answer.track)
  }

  /** Fetch what is told of the present step and of a node, and what will be told next. */
  want(node: string | null, playing: boolean): void {
    const { answer, reveal } = this.#expression
    if (!answer || !reveal || isTold(answer.steps[0])) return
    const wanted = [Math.max(0, this.#present)]
    if (playing) wanted.push(this.#present + answer.track.batch)
    if (node) {
      wanted.push((reveal.value.get(node) ?? 0) - 1)
      // The flows out of a node run one after the other; of those into it, one names it.
      const out = answer.flows.flatMap((flow, k) => (flow.target === node ? [k] : []))
      const into = answer.flows.findIndex(({ source }) => source === node)
      for (const k of [out[0], out.at(-1), into]) if (k !== undefined) wanted.push((reveal.flow[k] ?? 0) - 1)
    }
    this.#fetched.want(wanted)
  }
}
