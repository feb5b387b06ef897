/** What the deeper views ask the server. */
import { json, post, type Reply } from '../figure/server'
import type { Attribution } from './attributions.svelte'
import { readEvents, type Told } from '../figure/events'
import type { Asked, ClassRow } from './types'
import type { At, Unit } from './unit'

/** One unit explained; the rest of the answer is not asked for. */
export function askUnit(body: Asked, { layer, channel, row, column }: At): Promise<Reply<Unit>> {
  const unit = { layer, channel, ...(row === null || column === null ? {} : { row, column }) }
  const question = { ...body, layers: [], top: 1, unit }
  return post<Unit>('/api/activations', question, undefined, async (response) => {
    const answer = await json<{ unit: Unit }>(response)
    return answer.unit
  })
}

export const askAttribution = (
  body: Asked,
  method: string,
  signal: AbortSignal,
): Promise<Reply<Attribution>> => post<Attribution>('/api/attributions', { ...body, method }, signal, json)

export type Covered = { row: number; column: number; patch: number }
export type Occlusion = {
  probability: number
  score: number
  drop: number
  target: ClassRow
  top: ClassRow[]
}

/** The image with one patch of it covered. */
export const askOcclusion = (body: Asked, covered: Covered): Promise<Reply<Occlusion>> =>
  post<Occlusion>('/api/occlusion', { ...body, ...covered }, undefined, json)

export type TopPatch = {
  image: string
  label: string | null
  value: number | null
  unit: number[]
  rows: number[]
  columns: number[]
  patch: string
  deconvnet: string
}
export type TopPatches = {
  layer: string
  channel: number
  patches: TopPatch[]
  says: string
  paper: string
}

/** The network alone, without what it looks at. */
export const networkOf = ({
  model,
  network,
  source,
  input,
  architecture,
  stride_on,
  seed,
  weights,
}: Asked) => ({
  model,
  network,
  source,
  input,
  architecture,
  stride_on: stride_on ?? undefined,
  seed,
  weights: weights ?? undefined,
})

let before: Promise<unknown> = Promise.resolve()

/** One at a time: the first question about a network makes the server look through all its pictures. */
export function askTopPatches(asked: Asked, layer: string, channel: number): Promise<Reply<TopPatches>> {
  const question = { ...networkOf(asked), layer, channel }
  const answer = before.then(() => post<TopPatches>('/api/top-patches', question, undefined, json))
  before = answer
  return answer
}

/** The input that excites a channel most, as it climbs: events `frame`, then `done`, or `problem`. */
export const askClimb = (
  asked: Asked,
  layer: string,
  channel: number,
  signal: AbortSignal,
  told: (event: Told) => void,
): Promise<Reply<true>> =>
  post<true>(
    '/api/optimised-input',
    { ...networkOf(asked), layer, channel },
    signal,
    async ({ body }) => {
      if (body) await readEvents(body, told)
      return true
    },
    'text/event-stream',
  )
