/** What the page on activations asks the server. A full queue is no problem but a wait. */
import { post, type Reply } from '../server'
import { parseSafetensors, type Tensor } from './safetensors'
import type { Asked, LookAnswer } from './types'

export type Kind = 'activation' | 'gradient' | 'weight' | 'weight_gradient'
export type MapQuestion = {
  layers?: string[] | 'all'
  include?: Kind[]
  encoding?: 'float32' | 'uint8'
  thumbnail?: number | null
  top?: number
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
    'application/vnd.safetensors',
  )

export async function askTable<T>(route: string): Promise<T[]> {
  try {
    const response = await fetch(route)
    return response.ok ? ((await response.json()) as T[]) : []
  } catch {
    return []
  }
}
