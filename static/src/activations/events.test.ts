import { expect, test } from 'vitest'
import { readEvents, type Told } from './events'

test('events are read wherever their bytes are cut', async () => {
  const text = 'event: frame\ndata: {"step":0,"name":"é"}\n\nevent: done\ndata: {}\n\n'
  const bytes = new TextEncoder().encode(text)
  for (const size of [1, 7, bytes.length]) {
    const found: Told[] = []
    const parts = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
      bytes.slice(i * size, (i + 1) * size),
    )
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        for (const part of parts) controller.enqueue(part)
        controller.close()
      },
    })
    await readEvents(body, (event) => found.push(event))
    expect(found).toEqual([
      { name: 'frame', data: { step: 0, name: 'é' } },
      { name: 'done', data: {} },
    ])
  }
})
