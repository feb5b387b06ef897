/** Server-sent events as they come. An EventSource can only ask by GET, which carries no weights. */
import { BrokenOff } from './server'

export type Told = { name: string; data: unknown }

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
      const [, name = '', data = 'null'] = /^event: (.*)\ndata: (.*)$/.exec(block) ?? []
      told({ name, data: JSON.parse(data) })
      // What becomes of the connection after it no longer matters.
      if (LAST.includes(name)) return void reader.cancel().catch(() => {})
    }
  }
}
