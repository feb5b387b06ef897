/** What the page on activations asks the server. A full queue is no problem but a wait. */
import { AGAIN, post, problemOf, UNREACHABLE, type Reply } from '../server'
import { parseSafetensors, type Tensor } from './safetensors'
import type { Asked, LookAnswer } from './types'

export type Kind = 'activation' | 'gradient' | 'product' | 'weight' | 'weight_gradient'
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
  for (;;) {
    try {
      const response = await fetch(route)
      return response.ok ? ((await response.json()) as T[]) : []
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 1000 * AGAIN))
    }
  }
}

/** A picture of one's own, made upright and small; the server keeps nothing. */
export async function sendPicture(file: Blob): Promise<Reply<{ image: string }>> {
  try {
    const response = await fetch('/api/images', {
      method: 'POST',
      headers: { 'Content-Type': file.type || 'application/octet-stream' },
      body: file,
    })
    if (!response.ok) return { answer: null, problem: await problemOf(response) }
    return { answer: (await response.json()) as { image: string }, problem: null }
  } catch {
    return { answer: null, problem: { message: UNREACHABLE, where: null, suggestion: null } }
  }
}
