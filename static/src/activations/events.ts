/** Server-sent events as they come. An EventSource can only ask by GET, which carries no weights. */
export type Told = { name: string; data: unknown }

export async function readEvents(
  body: ReadableStream<Uint8Array>,
  told: (event: Told) => void,
): Promise<void> {
  const reader = body.getReader()
  const decoder = new TextDecoder()
  let text = ''
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return
    const blocks = (text + decoder.decode(value, { stream: true })).split('\n\n')
    text = blocks.pop() ?? ''
    for (const block of blocks) {
      const [, name = '', data = 'null'] = /^event: (.*)\ndata: (.*)$/.exec(block) ?? []
      told({ name, data: JSON.parse(data) })
    }
  }
}
