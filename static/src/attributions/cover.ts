/** A picture with one patch of it covered, and what a class loses by it. */
import type { Look } from '../activations/look.svelte'
import { Settings } from '../figure/settings.svelte'
import { askOcclusion, type Covered, type Occlusion } from './asking'

/** What is null is as it lies by itself: a quarter of the picture, in a corner. */
export type Cover = { [Name in keyof Covered]: Covered[Name] | null }

/** At first it lies in a corner, where there is little to cover. */
const CORNER = 0.16

export function coveredIn(look: Look, { row, column, patch }: Cover): Covered {
  const [height = 1, width = 1] = look.answer?.input.slice(1) ?? []
  return {
    row: row ?? Math.round(height * CORNER),
    column: column ?? Math.round(width * CORNER),
    patch: patch ?? Math.max(1, Math.round(Math.min(height, width) / 4)),
  }
}

export const coverFigure = (look: Look, cover: Cover = { row: null, column: null, patch: null }) =>
  new Settings<Cover, Occlusion>(cover, (asked, signal) =>
    askOcclusion(look.body, coveredIn(look, asked), signal),
  )
