/** Server-sent events as they come. An EventSource can only ask by GET, which carries no weights. */
import { BrokenOff, post, type Reply, type Waiting } from './server'
import { visitor } from './visitor'

/** `id`: the number of a frame, from 1. */
export type Told = { name: string; data: unknown; id?: number }

/** What a run ends with; without it, it was broken off. */
const LAST = ['done', 'problem']

/** All events to the last one. Raises BrokenOff if the stream, or the connection, ends before it. */
export async function readEvents(
  body: ReadableStream<Uint8Array>,
  told: (event: Told) => void,
): Promise<void> {
  const reader = body.getReader()
  const decoder = new TextDecoder()
  let text = ''
  for (;;) {
    const { done, value } = await reader.read().catch((error: unknown) => {
      throw error instanceof DOMException ? error : new BrokenOff()
    })
    if (done) throw new BrokenOff()
    const blocks = (text + decoder.decode(value, { stream: true })).split('\n\n')
    text = blocks.pop() ?? ''
    for (const block of blocks) {
      const found = /^event: (.*)\ndata: (.*)(?:\nid: (\d+))?$/.exec(block)
      // A comment is a sign of life.
      if (!found) continue
      const [, name = '', data = 'null', id] = found
      told({ name, data: JSON.parse(data), ...(id && { id: Number(id) }) })
      // What becomes of the connection after it no longer matters.
      if (LAST.includes(name)) return void reader.cancel().catch(() => {})
    }
  }
}

/** The events of a run, from the frame after `after` on: those that a connection brought before it was lost. */
export const askEvents = (
  route: string,
  body: unknown,
  after: number,
  signal: AbortSignal,
  told: (event: Told) => void,
): Promise<Reply<true>> =>
  post<true>(
    route,
    body,
    signal,
    async ({ body }) => {
      if (body) await readEvents(body, told)
      return true
    },
    {
      Accept: 'text/event-stream',
      'X-Visitor': visitor(),
      ...(after && { 'Last-Event-ID': String(after) }),
    },
  )

/** What is said while others come first; null for any other event. */
export function inLine({ name, data }: Told): Waiting | null {
  if (name !== 'waiting') return null
  const { ahead, runs } = data as { ahead: number; runs: number }
  const first = ahead === 1 ? 'yours is the next' : `yours is number ${ahead} in line`
  return { says: `${runs} runs at most are under way here at once; ${first} and begins by itself` }
}
