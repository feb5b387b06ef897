/** One number of a layer, explained by the server. */
import { json, post, type Reply } from '../../figure/server'
import type { Asked } from '../types'
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
