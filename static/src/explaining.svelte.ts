/** What the page asks about the node in view: an input's paths, and the entry one has pointed at. */
import type { EntryAnswer, Node, PathsAnswer } from './api'
import type { Expression } from './expression.svelte'
import { askEntry, askPaths } from './server'

const PAUSE_MILLISECONDS = 130

export class Explaining {
  paths = $state.raw<PathsAnswer | null>(null)
  entry = $state.raw<EntryAnswer | null>(null)

  #expression: Expression
  #asking: AbortController | null = null
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(expression: Expression) {
    this.#expression = expression
  }

  look(node: Node | null): void {
    clearTimeout(this.#timer)
    this.#asking?.abort()
    this.paths = null
    if (!node || node.op !== 'input' || node.shape.length || typeof node.gradient !== 'number') return
    this.#timer = setTimeout(async () => {
      this.#asking = new AbortController()
      try {
        const reply = await askPaths(this.#expression.asked, node.id, this.#asking.signal)
        this.paths = reply.answer
      } catch {
        // Another node is in view by now.
      }
    }, PAUSE_MILLISECONDS)
  }

  async point(node: string, index: number[]): Promise<void> {
    const reply = await askEntry(this.#expression.asked, node, index)
    this.entry = reply.answer
  }

  forget(): void {
    this.entry = null
  }
}
