/** What the figure asks about the node in view: an input's paths, and the entry one has pointed at. */
import type { EntryAnswer, Node, PathsAnswer } from '../figure/api'
import { Asking } from '../figure/asking.svelte'
import { askEntry, askPaths } from '../figure/server'
import type { Expression } from './expression.svelte'

const PAUSE_MILLISECONDS = 130

export class Explaining {
  #paths: Asking<string, PathsAnswer>
  #entry: Asking<{ node: string; index: number[] }, EntryAnswer>
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(expression: Expression) {
    this.#paths = new Asking((node, signal) => askPaths(expression.asked, node, signal))
    this.#entry = new Asking(({ node, index }, signal) => askEntry(expression.asked, node, index, signal))
  }

  get paths(): PathsAnswer | null {
    return this.#paths.answer
  }

  get entry(): EntryAnswer | null {
    return this.#entry.answer
  }

  look(node: Node | null): void {
    clearTimeout(this.#timer)
    this.#paths.forget()
    if (!node || node.op !== 'input' || node.shape.length || typeof node.gradient !== 'number') return
    this.#timer = setTimeout(() => void this.#paths.ask(node.id), PAUSE_MILLISECONDS)
  }

  async point(node: string, index: number[]): Promise<void> {
    await this.#entry.ask({ node, index })
  }

  forget(): void {
    this.#entry.forget()
  }
}
