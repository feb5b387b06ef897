/** The figures on why a class wins and what a channel looks for, wherever they stand. */
import { linked, lookAt } from '../activations/standing'
import { Settings } from '../figure/settings.svelte'
import { standing, type First } from '../figure/standing'
import { table } from '../figure/tables'
import {
  askAttribution,
  networkOf,
  type Attribution,
  type AttributionRow,
  type Covered,
  type Occlusion,
  type TopPatches,
} from './asking'
import AttributionFigure from './AttributionFigure.svelte'
import ChannelFigure from './ChannelFigure.svelte'
import { coverFigure } from './cover'
import CoverFigure from './CoverFigure.svelte'
import '../activations/styles'

type Question = Record<string, unknown>

export async function attribution(first: First<Question & { method: string }, Attribution>) {
  const { question, answer, problem } = first
  const methods = await table<AttributionRow>('attributions')
  const look = await lookAt(question, null, problem, {})
  const rest = question.layer === undefined ? {} : { layer: question.layer as string }
  const figure = new Settings<{ method: string }, Attribution>({ method: question.method }, (asked, signal) =>
    askAttribution({ ...look.asked, ...rest }, asked.method, signal),
  ).begin(answer, problem)
  return standing(
    AttributionFigure,
    { look, figure, methods },
    () => ({ ...linked(look.asked), ...rest, ...figure.question }),
    { question: () => ({ ...look.asked, ...rest, ...figure.question }) },
  )
}

export async function occlusion({ question, answer, problem }: First<Question & Covered, Occlusion>) {
  const look = await lookAt(question, null, problem, {})
  const { row = null, column = null, patch = null } = question as Partial<Covered>
  const figure = coverFigure(look, { row, column, patch }).begin(answer, problem)
  return standing(CoverFigure, { look, figure }, () => ({ ...linked(look.asked), ...figure.question }), {
    question: () => ({ ...look.asked, ...figure.question }),
  })
}

type OfChannel = Question & { layer?: string; channel?: number }

async function channelFigure(first: First<OfChannel, TopPatches>, part: 'patches' | 'climb') {
  const { question, answer, problem } = first
  const { layer = null, channel = null } = question
  const look = await lookAt(question, null, problem, { layer, channel })
  return standing(ChannelFigure, { look, part, first: answer }, () => ({
    ...networkOf(look.asked),
    layer: look.layer,
    channel: look.channel,
  }))
}

export const topPatches = (first: First<OfChannel, TopPatches>) => channelFigure(first, 'patches')

export const optimisedInput = ({ question, problem, view }: First<OfChannel>) =>
  channelFigure({ question, problem, view, answer: null }, 'climb')
