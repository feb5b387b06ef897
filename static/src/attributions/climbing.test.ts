import { afterEach, expect, test, vi } from 'vitest'
import { Climbing } from './climbing.svelte'

afterEach(() => {
  vi.unstubAllGlobals()
  vi.useRealTimers()
  vi.restoreAllMocks()
})

const own = { source: 'nn.Conv2d(3, 2, 3)', input: [3, 8, 8], image: 'coffee', weights: 'AAAA' }
const frame = { step: 0, steps: 8, value: 1, picture: 'data:' }

function answering(body: string, status = 200): { asked: Record<string, unknown>[] } {
  const asked: Record<string, unknown>[] = []
  vi.stubGlobal('fetch', (_: string, { body: question }: { body: string }) => {
    asked.push(JSON.parse(question) as Record<string, unknown>)
    return Promise.resolve(new Response(body, { status }))
  })
  return { asked }
}

test('weights of one’s own climb too', async () => {
  const { asked } = answering(`event: frame\ndata: ${JSON.stringify(frame)}\n\nevent: done\ndata: {}\n\n`)
  const climbing = new Climbing()
  await climbing.start(own, '0', 1)
  expect(asked[0]).toMatchObject({ source: own.source, weights: 'AAAA', layer: '0', channel: 1 })
  expect([climbing.frames, climbing.running, climbing.problem]).toEqual([[frame], false, null])
})

test('a refusal is told as what it is, before the climb and on the way', async () => {
  const problem = { message: 'the weights are no safetensors file', where: null, suggestion: null }
  const climbing = new Climbing()
  answering(JSON.stringify(problem), 422)
  await climbing.start(own, '0', 1)
  expect([climbing.problem, climbing.running]).toEqual([problem, false])
  answering(`event: problem\ndata: ${JSON.stringify(problem)}\n\n`)
  await climbing.start(own, '0', 1)
  expect([climbing.problem, climbing.running]).toEqual([problem, false])
})

/** As the server numbers them. */
const framesFrom = (first: number, ...values: number[]): string =>
  values
    .map((value, i) => `event: frame\ndata: ${JSON.stringify({ ...frame, value })}\nid: ${first + i}\n\n`)
    .join('')
const DONE = 'event: done\ndata: {}\n\n'
const valuesOf = ({ frames }: Climbing) => frames.map(({ value }) => value)

type Request = { headers: Record<string, string> }

/** Each time it is asked, the next of these; a null is a server out of reach. After which frame it was asked. */
function answeringInTurn(...turns: (string | Response | null)[]): { after: (string | undefined)[] } {
  const after: (string | undefined)[] = []
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
  vi.stubGlobal('fetch', (_: string, { headers }: Request) => {
    const turn = turns[after.push(headers['Last-Event-ID']) - 1]
    if (turn === null || turn === undefined) return Promise.reject(new TypeError('Failed to fetch'))
    return Promise.resolve(typeof turn === 'string' ? new Response(turn) : turn)
  })
  return { after }
}

test('a climb that is broken off goes on after its last frame', async () => {
  vi.spyOn(Math, 'random').mockReturnValue(0.999) // each pause as long as it may be
  const { after } = answeringInTurn(framesFrom(1, 1, 2, 3), framesFrom(4, 4), null, framesFrom(5, 5) + DONE)
  const climbing = new Climbing()
  const climbed = climbing.start(own, '0', 1)
  await vi.advanceTimersByTimeAsync(0)
  expect([valuesOf(climbing), climbing.at, climbing.running]).toEqual([[1, 2, 3], 2, true])
  expect(climbing.waiting?.says).toContain('broke off')
  await vi.advanceTimersByTimeAsync(3000)
  expect([valuesOf(climbing), climbing.at]).toEqual([[1, 2, 3, 4], 3])
  await vi.advanceTimersByTimeAsync(6000)
  expect(climbing.waiting?.says).toContain('does not answer')
  await vi.advanceTimersByTimeAsync(12000)
  await climbed
  expect([valuesOf(climbing), climbing.at]).toEqual([[1, 2, 3, 4, 5], 4])
  expect(after).toEqual([undefined, '3', '4', '4'])
  expect([climbing.running, climbing.waiting, climbing.problem]).toEqual([false, null, null])
})

test('one who has gone back to a frame stays there while the climb goes on', async () => {
  answeringInTurn(framesFrom(1, 1, 2, 3), framesFrom(4, 4) + DONE)
  const climbing = new Climbing()
  const climbed = climbing.start(own, '0', 1)
  await vi.advanceTimersByTimeAsync(0)
  climbing.at = 1
  await vi.advanceTimersByTimeAsync(3000)
  await climbed
  expect([valuesOf(climbing), climbing.at]).toEqual([[1, 2, 3, 4], 1])
})

test('a climb that others come before says so', async () => {
  const waiting = `event: waiting\ndata: {"ahead":2,"runs":24}\n\n`
  const climbing = new Climbing()
  vi.stubGlobal('fetch', () => {
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(new TextEncoder().encode(waiting)),
    })
    return Promise.resolve(new Response(body))
  })
  void climbing.start(own, '0', 1)
  await vi.waitFor(() => expect(climbing.waiting?.says).toContain('yours is number 2 in line'))
  climbing.stop()
  expect(climbing.waiting).toBeNull()
})

test('a climb that is stopped while it waits is not asked for again', async () => {
  const { after } = answeringInTurn(framesFrom(1, 1))
  const climbing = new Climbing()
  const climbed = climbing.start(own, '0', 1)
  await vi.advanceTimersByTimeAsync(0)
  climbing.stop()
  await climbed
  await vi.advanceTimersByTimeAsync(60_000)
  expect([after.length, climbing.waiting, climbing.running, valuesOf(climbing)]).toEqual([
    1,
    null,
    false,
    [1],
  ])
})
