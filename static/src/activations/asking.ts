/** What the page on activations asks the server. A full queue is no problem but a wait. */
import { json, post, send, type Reply } from '../figure/server'
import { parseSafetensors, type Tensor } from '../figure/safetensors'
import type { Asked, LookAnswer, Origins } from './types'

export type Kind = 'activation' | 'gradient' | 'product' | 'weight' | 'weight_gradient'
export type MapQuestion = {
  layers?: string[] | 'all' | 'ends'
  include?: Kind[]
  encoding?: 'float32' | 'uint8'
  thumbnail?: number | null
  top?: number
  strongest?: number
  channels?: 'all' | 'strongest'
}
export type Looked = { answer: LookAnswer; tensors: Record<string, Tensor> }

export const askMaps = (asked: Asked, maps: MapQuestion, signal?: AbortSignal): Promise<Reply<Looked>> =>
  post<Looked>(
    '/api/activations',
    { ...asked, ...maps },
    signal,
    async (response) => {
      const { tensors, metadata } = parseSafetensors(await response.arrayBuffer())
      return { answer: JSON.parse(metadata.answer ?? 'null') as LookAnswer, tensors }
    },
    { Accept: 'application/vnd.safetensors' },
  )

/** What one map was made from; the rest of the answer is not asked for. */
export const askOrigins = (
  asked: Asked,
  map: { layer: string; channel: number },
  signal: AbortSignal,
): Promise<Reply<Origins>> =>
  post<Origins>('/api/activations', { ...asked, layers: [], top: 1, map }, signal, async (response) => {
    const answer = await json<{ map: Origins }>(response)
    return answer.map
  })

/** A picture of one's own, made upright and small; the server keeps nothing. */
export const sendPicture = (file: Blob): Promise<Reply<{ image: string }>> =>
  send('/api/images', file, file.type || 'application/octet-stream')
