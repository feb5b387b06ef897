/** What the deeper views ask the server. */
import { json, post, type Reply } from '../server'
import type { Asked } from './types'
import type { At, Unit } from './unit'

/** One unit explained; the rest of the answer is not asked for. */
export const askUnit = (body: Asked, unit: At): Promise<Reply<Unit>> =>
  post<Unit>('/api/activations', { ...body, layers: [], top: 1, unit }, undefined, async (response) => {
    const answer = await json<{ unit: Unit }>(response)
    return answer.unit
  })
