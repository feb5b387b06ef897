/** What is asked about why a class wins and what a channel looks for. */
import { json, post, type Reply } from '../figure/server'
import { askEvents, type Told } from '../figure/events'
import type { components } from '../figure/schema'
import type { Asked, ClassRow } from '../activations/types'

type Schemas = components['schemas']

export type AttributionRow = Schemas['AttributionRow']
export type Attribution = Schemas['AttributionAnswer']

export const askAttribution = (
  body: Asked,
  method: string,
  signal: AbortSignal,
): Promise<Reply<Attribution>> => post<Attribution>('/api/attributions', { ...body, method }, signal, json)

export type Covered = { row: number; column: number; patch: number }
export type Occlusion = Omit<Schemas['OcclusionAnswer'], 'target' | 'top'> & {
  target: ClassRow
  top: ClassRow[]
}

/** The image with one patch of it covered. */
export const askOcclusion = (
  body: Asked,
  covered: Covered,
  signal?: AbortSignal,
): Promise<Reply<Occlusion>> => post<Occlusion>('/api/occlusion', { ...body, ...covered }, signal, json)

export type TopPatch = Schemas['TopPatch']
export type TopPatches = Schemas['TopPatchesAnswer']

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
  after: number,
  signal: AbortSignal,
  told: (event: Told) => void,
): Promise<Reply<true>> =>
  askEvents('/api/optimised-input', { ...networkOf(asked), layer, channel }, after, signal, told)
