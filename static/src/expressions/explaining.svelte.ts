/** What the page asks about the node in view: an input's paths, and the entry one has pointed at. */
import type { EntryAnswer, Node, PathsAnswer } from '../figure/api'
import type { Expression } from './expression.svelte'
import { askEntry, askPaths, patiently } from '../figure/server'

const PAUSE_MILLISECONDS = 130

export class Explaining {
  paths = $state.raw<PathsAnswer | null>(null)
  entry = $state.raw<EntryAnswer | null>(null)

  #expression: Expression
  #asking: AbortController | null = null
  #pointing: AbortController | null = null
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
      const { signal } = this.#asking
      try {
        const reply = await patiently(() => askPaths(this.#expression.asked, node.id, signal), signal)
        this.paths = reply.answer
      } catch {
        // Another node is in view by now.
      }
    }, PAUSE_MILLISECONDS)
  }

  async point(node: string, index: number[]): Promise<void> {
    this.#pointing?.abort()
    const { signal } = (this.#pointing = new AbortController())
    try {
      const reply = await patiently(() => askEntry(this.#expression.asked, node, index, signal), signal)
      this.entry = reply.answer
    } catch {
      // Another entry is pointed at by now, or none.
    }
  }

  forget(): void {
    this.#pointing?.abort()
    this.entry = null
  }
}
