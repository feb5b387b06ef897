/** The figures on a network that looks at a picture, wherever they stand. */
import type { Problem } from '../figure/api'
import { standing, type First } from '../figure/standing'
import { table } from '../figure/tables'
import ActivationsFigure from './ActivationsFigure.svelte'
import type { MapQuestion } from './asking'
import { FIRST_SIGHT, sightOf, type Sight } from './link'
import { Look } from './look.svelte'
import type { Asked, ImageRow, LookAnswer, ModelRow } from './types'

const ASKED: readonly (keyof Asked)[] = [
  'model',
  'network',
  'source',
  'input',
  'architecture',
  'stride_on',
  'seed',
  'weights',
  'image',
  'drawing',
  'target',
  'of',
]

/** What of a question says who looks at what. */
export function askedOf(question: Record<string, unknown>): Asked {
  const pairs = ASKED.filter((name) => question[name] !== undefined).map((name) => [name, question[name]])
  return { image: '', ...Object.fromEntries(pairs) } as Asked
}

/** What goes into a link: not pictures and weights of one's own. */
export const linked = (asked: Asked): Record<string, unknown> => ({
  ...asked,
  weights: null,
  drawing: null,
  image: asked.image.startsWith('data:') ? null : asked.image,
})

export async function lookAt(
  question: Record<string, unknown>,
  answer: LookAnswer | null,
  problem: Problem | null,
  sight: Partial<Sight>,
): Promise<Look> {
  const [models, images, sights] = await Promise.all([
    table<ModelRow>('models'),
    table<ImageRow>('images'),
    table<{ name: string; asks: MapQuestion }>('sights'),
  ])
  const asks = (sight: string): MapQuestion => sights.find(({ name }) => name === sight)?.asks ?? {}
  const asked = askedOf(question)
  const first = models.find(({ name }) => name === asked.model)?.first ?? images[0]?.name ?? ''
  return new Look({
    question: { ...asked, image: asked.image || first },
    answer,
    problem,
    maps: asks('glance'),
    finer: asks('closer'),
    models,
    images,
    sight: { ...FIRST_SIGHT, ...sight },
  })
}

type Question = Record<string, unknown>

/** What is asked of a look besides who looks: of a layer its numbers, of one number what makes it. */
export function sentOf(look: Look): Question {
  const { layer, channel, row, column, view } = look.sight
  if (layer === null) return look.asked
  if (view !== 'unit') return { ...look.asked, layers: [layer], include: ['activation', 'gradient'] }
  if (channel === null) return look.asked
  return { ...look.asked, unit: { layer, channel, row: row ?? 0, column: column ?? 0 } }
}

/** Where one looks, without what is as it is at first. */
function seen(sight: Sight): Record<string, unknown> {
  const other = Object.entries(sight).filter(([name, value]) => value !== FIRST_SIGHT[name as keyof Sight])
  return { ...Object.fromEntries(other), view: null }
}
const sightIn = (view: First['view']): Sight => sightOf(new URLSearchParams(view as Record<string, string>))

export async function activations({ question, answer, problem, view }: First<Question, LookAnswer>) {
  const look = await lookAt(question, answer, problem, { ...sightIn(view), view: 'overview' })
  const asked = () => ({ ...linked(look.asked), ...seen(look.sight) })
  return standing(ActivationsFigure, { look, home: 'overview' as const }, asked, {
    question: () => look.asked,
  })
}

export async function layer({ question, problem, view }: First<Question>) {
  const named = Array.isArray(question.layers) ? (question.layers[0] as string) : null
  const sight = sightIn(view)
  const look = await lookAt(question, null, problem, { ...sight, layer: named ?? sight.layer, view: 'layer' })
  const asked = () => {
    const { layer, ...sight } = seen(look.sight)
    return {
      ...linked(look.asked),
      layers: layer ? [layer] : null,
      include: layer ? ['activation', 'gradient'] : null,
      ...sight,
    }
  }
  return standing(ActivationsFigure, { look, home: 'layer' as const }, asked, {
    question: () => sentOf(look),
  })
}

type At = Pick<Sight, 'layer' | 'channel' | 'row' | 'column'>

export async function unit({ question, problem, view }: First<Question & { unit?: At }>) {
  const look = await lookAt(question, null, problem, { ...sightIn(view), ...question.unit, view: 'unit' })
  const asked = () => {
    const { layer, channel, row, column, show, scale } = look.sight
    const at = layer === null || channel === null ? null : { layer, channel, row, column }
    return { ...linked(look.asked), unit: at, ...seen({ ...FIRST_SIGHT, show, scale }) }
  }
  return standing(ActivationsFigure, { look, home: 'unit' as const }, asked, { question: () => sentOf(look) })
}
