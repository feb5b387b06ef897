/** Classes of one's own, wherever they stand. */
import { standing, type First } from '../figure/standing'
import TeachFigure from './TeachFigure.svelte'
import { Teaching } from './teaching.svelte'
import type { Answer, Question } from './types'
import '../activations/styles'

/** What a link says: a picture of one's own stands in none. */
export function linkedPart({ classes, seed, modules }: Question): Record<string, unknown> {
  const own = classes.some(
    ({ pictures }) => !pictures.length || pictures.some((text) => text.startsWith('data:')),
  )
  return own ? {} : { classes, ...(seed ? { seed } : {}), ...(modules ? { modules } : {}) }
}

export function teach({ question, answer, problem }: First<Record<string, unknown>, Answer>) {
  const teaching = new Teaching(question).begin(answer, problem)
  return standing(TeachFigure, { teaching }, () => linkedPart(teaching.question), {
    question: () => ({ ...teaching.question }),
  })
}
