import { expect, test } from 'vitest'
import { BrokenOff } from './server'
import { inLine, readEvents, type Told } from './events'

test('events are read wherever their bytes are cut', async () => {
  const text = ': quiet\n\nevent: frame\ndata: {"step":0,"name":"é"}\nid: 1\n\nevent: done\ndata: {}\n\n'
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
      { name: 'frame', data: { step: 0, name: 'é' }, id: 1 },
      { name: 'done', data: {} },
    ])
  }
})

const FRAME = 'event: frame\ndata: {"step":0}\n\n'

/** A body of these bytes that then ends, or fails as a connection does. */
function streaming(text: string, failure?: Error): ReadableStream<Uint8Array> {
  let sent = false
  return new ReadableStream<Uint8Array>({
    pull(controller) {
      if (!sent && text) controller.enqueue(new TextEncoder().encode(text))
      else if (failure) controller.error(failure)
      else controller.close()
      sent = true
    },
  })
}

test.each([
  ['nothing at all', '', undefined],
  ['frames alone', FRAME, undefined],
  ['half an end', `${FRAME}event: done\ndata: {}\n`, undefined],
  ['a connection that fails', FRAME, new TypeError('network error')],
  ['a connection that fails at once', '', new TypeError('network error')],
])('a stream of %s was broken off', async (_, text, failure) => {
  const found: Told[] = []
  const read = readEvents(streaming(text, failure), (event) => found.push(event))
  await expect(read).rejects.toThrow(BrokenOff)
  expect(found.length).toBe(text ? 1 : 0)
})

test.each(['done', 'problem'])('what becomes of a connection after `%s` does not matter', async (name) => {
  const found: Told[] = []
  const text = `${FRAME}event: ${name}\ndata: {}\n\n`
  await readEvents(streaming(text, new TypeError('network error')), (event) => found.push(event))
  expect(found.map((event) => event.name)).toEqual(['frame', name])
})

test('a stream that one has left was not broken off', async () => {
  const left = new DOMException('left', 'AbortError')
  await expect(readEvents(streaming(FRAME, left), () => {})).rejects.toBe(left)
})

test.each([
  [1, 'yours is the next'],
  [12, 'yours is number 12 in line'],
])('with %i ahead in line that is said', (ahead, says) => {
  expect(inLine({ name: 'waiting', data: { ahead, runs: 24 } })?.says).toContain(says)
  expect(inLine({ name: 'frame', data: {} })).toBeNull()
})
