import { afterEach, expect, test, vi } from 'vitest'
import { Climbing } from './climbing.svelte'

afterEach(() => vi.unstubAllGlobals())

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
