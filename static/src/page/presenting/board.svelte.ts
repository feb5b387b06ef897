/** What a presenter holds, the same in every window of the lesson: a tool, and where the laser points. */
import type { Command } from '../keys'
import type { Channel, Told } from '../channel'
import type { Spot } from './laser'

export type Tool = 'laser'
const TOOLS: readonly Command[] = ['laser'] satisfies readonly Tool[]

export class Board {
  tool = $state<Tool | null>(null)
  #channel: Channel
  #leave: () => void
  /** Told of each place that another window's laser points at. */
  pointed: (spot: Spot | null) => void = () => undefined

  constructor(channel: Channel) {
    this.#channel = channel
    this.#leave = channel.hear(
      (told) => this.#heard(told),
      () => (this.tool ? { tool: this.tool } : {}),
    )
  }

  leave(): void {
    this.#leave()
  }

  /** Takes a tool, or lays it down. */
  take(tool: Tool | null): void {
    this.tool = this.tool === tool ? null : tool
    this.#channel.tell({ tool: this.tool })
  }

  point(spot: Spot | null): void {
    this.#channel.tell({ laser: spot })
  }

  /** Does what a key asks for; whether there was anything to do. */
  does(command: Command): boolean {
    if (TOOLS.includes(command)) this.take(command as Tool)
    else if (command === 'leave' && this.tool) this.take(null)
    else return false
    return true
  }

  #heard({ tool, laser }: Told): void {
    if (tool !== undefined) this.tool = tool
    if (laser !== undefined) this.pointed(laser)
  }
}
