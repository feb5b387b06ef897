import { beforeEach, expect, test, vi } from 'vitest'
import { Run } from './run.svelte'
import type { ExperimentRow } from './types'

const row = {
  name: 'some',
  milliseconds: 40,
  settings: [{ name: 'degree', default: 3 }],
} as unknown as ExperimentRow
type Request = { body: string; headers: Record<string, string> }
const asked: Record<string, unknown>[] = []
/** After which frame each was asked. */
const after: (string | undefined)[] = []
const streams: ReadableStreamDefaultController<Uint8Array>[] = []

beforeEach(() => {
  vi.useFakeTimers()
  vi.stubGlobal('matchMedia', () => ({ matches: true }))
  vi.stubGlobal('fetch', async (_: string, { body, headers }: Request) => {
    asked.push(JSON.parse(body) as Record<string, unknown>)
    after.push(headers['Last-Event-ID'])
    const stream = new ReadableStream<Uint8Array>({ start: (controller) => void streams.push(controller) })
    return new Response(stream, { headers: { 'content-type': 'text/event-stream' } })
  })
  return () => {
    vi.useRealTimers()
    vi.unstubAllGlobals()
  }
})

test('what is changed in the last moment of a run is asked', async () => {
  const run = new Run(row, {})
  run.start()
  await vi.advanceTimersByTimeAsync(0)
  expect(asked).toEqual([{}])
  run.set({ degree: 4 })
  streams[0]!.enqueue(new TextEncoder().encode('event: done\ndata: {}\n\n'))
  streams[0]!.close()
  await vi.advanceTimersByTimeAsync(10)
  expect(run.running).toBe(false)
  await vi.advanceTimersByTimeAsync(2000)
  expect(asked).toEqual([{}, { degree: 4 }])
})

test('without motion a run that nobody has set is met at the frame that tells most', async () => {
  const told = (at: number) =>
    new TextEncoder().encode(
      `event: frame\ndata: ${JSON.stringify({ step: at, steps: 3, at, stopped: null })}\n\n`,
    )
  for (const [opens, settings, met] of [
    [2, {}, 2],
    [null, {}, 3],
    [2, { degree: 5 }, 3],
  ] as const) {
    const run = new Run({ ...row, opens }, settings)
    run.start()
    await vi.advanceTimersByTimeAsync(0)
    for (const at of [0, 1, 2, 3]) streams.at(-1)!.enqueue(told(at))
    await vi.advanceTimersByTimeAsync(10)
    expect([run.newest, run.t]).toEqual([3, met])
    run.stop()
  }
})

test('a run that goes in another window is followed frame by frame, and nothing is asked for it', async () => {
  const before = asked.length
  const frames = [0, 1, 2].map((step) => ({ step, steps: 2, at: step, stopped: null }))
  const told = { number: 7, count: 3, t: 2, running: true, settings: { degree: 5 }, 'frame 9': frames[0] }
  const run = new Run(row, {})
  await run.follows({ ...told, ...Object.fromEntries(frames.map((frame, at) => [`frame ${at}`, frame])) })
  expect([run.frames, run.t, run.running, run.settings]).toEqual([frames, 2, true, { degree: 5 }])
  expect(run.shared).toMatchObject({ number: 7, count: 3, 'frame 2': frames[2] })
  await vi.advanceTimersByTimeAsync(2000)
  expect(asked.length).toBe(before)
})

test('who follows a run of another window ends its own', async () => {
  const run = new Run(row, {})
  run.start()
  await vi.advanceTimersByTimeAsync(0)
  const { number } = run.shared as unknown as { number: number }
  await run.follows({ number, t: 0 })
  expect(run.running).toBe(true)
  await run.follows({ number: number + 1, count: 0, running: true, t: 0 })
  streams.at(-1)?.enqueue(new TextEncoder().encode('event: frame\ndata: {"step": 0, "steps": 2}\n\n'))
  await vi.advanceTimersByTimeAsync(10)
  expect(run.frames).toEqual([])
})

test('a run that is broken off goes on after its last frame, and one that waits in line says so', async () => {
  const told = (text: string): void => streams.at(-1)!.enqueue(new TextEncoder().encode(text))
  const frame = (at: number): string =>
    `event: frame\ndata: ${JSON.stringify({ step: at, steps: 3, at, stopped: null })}\nid: ${at + 1}\n\n`
  const run = new Run(row, {})
  run.start()
  await vi.advanceTimersByTimeAsync(0)
  const before = asked.length
  told('event: waiting\ndata: {"ahead":3,"runs":24}\n\n')
  await vi.advanceTimersByTimeAsync(0)
  expect(run.waiting?.says).toContain('yours is number 3 in line')
  told(frame(0) + frame(1))
  await vi.advanceTimersByTimeAsync(0)
  expect(run.waiting).toBeNull()
  streams.at(-1)!.close()
  await vi.advanceTimersByTimeAsync(6000)
  expect([asked.length, after.at(-1)]).toEqual([before + 1, '2'])
  told(frame(2) + 'event: done\ndata: {}\n\n')
  await vi.advanceTimersByTimeAsync(10)
  expect([run.frames.map(({ at }) => at), run.running]).toEqual([[0, 1, 2], false])
})
