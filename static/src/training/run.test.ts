import { beforeEach, expect, test, vi } from 'vitest'
import { Run } from './run.svelte'
import type { ExperimentRow } from './types'

const row = {
  name: 'some',
  milliseconds: 40,
  settings: [{ name: 'degree', default: 3 }],
} as unknown as ExperimentRow
const asked: Record<string, unknown>[] = []
const streams: ReadableStreamDefaultController<Uint8Array>[] = []

beforeEach(() => {
  vi.useFakeTimers()
  vi.stubGlobal('matchMedia', () => ({ matches: true }))
  vi.stubGlobal('fetch', async (_: string, { body }: { body: string }) => {
    asked.push(JSON.parse(body) as Record<string, unknown>)
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
