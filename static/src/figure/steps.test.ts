import { afterEach, expect, test, vi } from 'vitest'
import { Steps } from './steps.svelte'

type Batch = { first: number; of: string }
type Asked = { body: { first: number; count: number; of: string }; answer: (status?: number) => void }

const settled = () => new Promise((resolve) => setTimeout(resolve))

/** A server that answers when the test says so. */
function server(): Asked[] {
  const asked: Asked[] = []
  vi.stubGlobal('fetch', (_: string, { body, signal }: { body: string; signal: AbortSignal }) => {
    const question = JSON.parse(body) as Asked['body']
    return new Promise((resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error))
      const answer = (status = 200): void => {
        const told =
          status === 200 ? question : { message: 'there are 7 steps', where: null, suggestion: null }
        resolve(new Response(JSON.stringify(told), { status }))
      }
      asked.push({ body: question, answer })
    })
  })
  return asked
}

afterEach(() => vi.unstubAllGlobals())

function ofSeven(of = 'a'): Steps<Batch> {
  const steps = new Steps<Batch>('/api/steps')
  steps.of({ of }, { count: 7, batch: 3 })
  return steps
}

test('a batch is asked for once, however often its steps are wanted', async () => {
  const asked = server()
  const steps = ofSeven()
  steps.want([4])
  steps.want([3, 5])
  expect(asked.map(({ body }) => body)).toEqual([{ of: 'a', first: 3, count: 3 }])
  expect(steps.batchOf(4)).toBe(null)
  asked[0]!.answer()
  await settled()
  expect([3, 4, 5].map((step) => steps.batchOf(step)?.first)).toEqual([3, 3, 3])
  steps.want([3, 4, 5])
  expect([asked.length, steps.batchOf(2), steps.batchOf(6)]).toEqual([1, null, null])
})

test('steps that there are not are asked of nobody', () => {
  const asked = server()
  const steps = ofSeven()
  steps.want([-1, 7, 700, -Infinity, Infinity])
  expect(asked).toEqual([])
  steps.want([6])
  expect(asked.map(({ body }) => body.first)).toEqual([6])
})

test('what belongs to another answer is not shown, whether it was there or on its way', async () => {
  const asked = server()
  const steps = ofSeven('a')
  steps.want([0, 3])
  asked[0]!.answer()
  await settled()
  steps.of({ of: 'b' }, { count: 7, batch: 3 })
  asked[1]!.answer()
  await settled()
  expect([steps.batchOf(0), steps.batchOf(3)]).toEqual([null, null])
  steps.want([0])
  expect(asked[2]!.body.of).toBe('b')
  asked[2]!.answer()
  await settled()
  expect(steps.batchOf(0)?.of).toBe('b')
})

test('a refusal is told, and another answer starts without it', async () => {
  const asked = server()
  const steps = ofSeven()
  steps.want([0])
  asked[0]!.answer(422)
  await settled()
  expect([steps.trouble?.message, steps.batchOf(0)]).toEqual(['there are 7 steps', null])
  steps.of({ of: 'b' }, { count: 7, batch: 3 })
  expect(steps.trouble).toBe(null)
})
