import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Expression } from '../expressions/expression.svelte'
import { Asking } from './asking.svelte'
import { json, patiently, pauseOf, Pauses, post, tellers, type Reply, type Waiting } from './server'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
})

const problem = { message: 'busy', where: null, suggestion: null }
const busy = (retry: number): Reply<string> => ({ answer: null, problem, retry })
const FIRST = () => 0
const LAST = () => 1 - Number.EPSILON
const TOLD = [0, 0.4, 1, 3, 20, 30, 45, 600]

test('a pause is a moment between half of what the server said and a time that doubles', () => {
  const between = (tries: number, told: number) => [pauseOf(tries, told, FIRST), pauseOf(tries, told, LAST)]
  const near = (tries: number, told: number, least: number, most: number) =>
    between(tries, told).forEach((pause, i) => expect(pause).toBeCloseTo([least, most][i]!, 9))
  near(0, 2, 1, 2)
  near(1, 2, 1, 4)
  near(3, 2, 1, 16)
  near(4, 2, 1, 30)
  near(5000, 2, 1, 30)
  near(3, 0, 0.5, 8) // at once is not at the same moment
  near(9, 100, 50, 100) // a server that says longer is believed
})

test('no pause is shorter than half of what was told, none shrinks with the tries, none is always the same', () => {
  for (const told of TOLD) {
    let before = 0
    for (let tries = 0; tries < 12; tries++) {
      const [first, last] = [pauseOf(tries, told, FIRST), pauseOf(tries, told, LAST)]
      expect(first).toBeGreaterThanOrEqual(told / 2)
      expect(first).toBeGreaterThan(0)
      expect(last - first).toBeGreaterThanOrEqual(0.49)
      expect(last).toBeGreaterThanOrEqual(before)
      expect(last).toBeLessThanOrEqual(Math.max(30, told))
      before = last
    }
  }
})

test('those who are sent away together come back spread over the time', () => {
  for (const told of TOLD) {
    const tenths = new Set<number>()
    for (let i = 0; i < 100; i++) {
      const [first, last] = [pauseOf(2, told, FIRST), pauseOf(2, told, LAST)]
      tenths.add(Math.floor((10 * (pauseOf(2, told, () => i / 100) - first)) / (last - first) + 1e-6))
    }
    expect(tenths.size).toBe(10)
  }
})

test('pauses grow until there is an answer, then begin anew', async () => {
  vi.spyOn(Math, 'random').mockReturnValue(LAST())
  const pauses = new Pauses()
  const grown = [pauses.next(2), pauses.next(2), pauses.next(2)].map(Math.round)
  expect(grown).toEqual([2, 4, 8])
  const answered = (): Promise<Reply<string>> => Promise.resolve({ answer: 'yes', problem: null })
  await patiently(answered, new AbortController().signal, undefined, pauses)
  expect(Math.round(pauses.next(2))).toBe(2)
})

function responding(status: number, headers: Record<string, string>): void {
  vi.stubGlobal('fetch', () => Promise.resolve(new Response(JSON.stringify(problem), { status, headers })))
}
const asked = (): Promise<Reply<unknown>> => post('/api/question', {}, undefined, json)

test.each([
  ['5', 5],
  ['0', 0],
  ['soon', 3],
  ['-4', 0],
  ['9'.repeat(400), 86_400],
  [new Date(1_800_000_020_000).toUTCString(), 20],
  [new Date(1_700_000_000_000).toUTCString(), 0],
])('Retry-After: %s', async (told, seconds) => {
  vi.setSystemTime(1_800_000_000_000)
  for (const status of [503, 429]) {
    responding(status, { 'Retry-After': told })
    expect((await asked()).retry).toBe(seconds)
  }
})

test.each([503, 429, 500, 422, 404])(
  '%i without Retry-After is a problem in its own words',
  async (status) => {
    responding(status, {})
    expect(await asked()).toEqual({ answer: null, problem })
  },
)

test.each([502, 504])('%i is what a proxy says of a server out of reach', async (status) => {
  responding(status, {})
  expect(await asked()).toMatchObject({ retry: 3, problem: { message: /does not answer/ } })
})

test('what is said counts down to the moment of asking, however late the clock is looked at', async () => {
  vi.spyOn(Math, 'random').mockReturnValue(0.25) // 2.5 s of 2 to 4
  const replies = [busy(4), { answer: 'yes', problem: null } as Reply<string>]
  const said: (number | undefined)[] = []
  const start = performance.now()
  let moment = 0
  const ask = (): Promise<Reply<string>> => {
    moment = performance.now() - start
    return Promise.resolve(replies.shift()!)
  }
  const replied = patiently(ask, new AbortController().signal, (told) => said.push(told?.seconds))
  await vi.advanceTimersByTimeAsync(400)
  expect(said).toEqual([3])
  await vi.advanceTimersByTimeAsync(200)
  expect(said).toEqual([3, 2])
  await vi.advanceTimersByTimeAsync(10_000)
  expect((await replied).answer).toBe('yes')
  expect([said, moment]).toEqual([[3, 2, 1, 0, undefined], 2500])
})

test('who waits and is overtaken stops at once, and takes back what was said', async () => {
  const asking = new AbortController()
  const said: (Waiting | null)[] = []
  const waited = patiently(
    () => Promise.resolve(busy(100)),
    asking.signal,
    (told) => said.push(told),
  )
  const caught = expect(waited).rejects.toThrow()
  await vi.advanceTimersByTimeAsync(0)
  asking.abort()
  await caught
  expect(said.at(-1)).toBeNull()
  expect(vi.getTimerCount()).toBe(0)
})

test('of several that wait, the one that has waited longest speaks', () => {
  let heard: Waiting | null = null
  const teller = tellers((waiting) => (heard = waiting))
  const [one, other] = [teller(), teller()]
  const says = (seconds: number): Waiting => ({ says: 'again', seconds })
  one(says(9))
  other(says(2))
  expect(heard).toEqual(says(9))
  one(says(8))
  expect(heard).toEqual(says(8))
  one(null)
  expect(heard).toEqual(says(2))
  other(null)
  expect(heard).toBeNull()
})

test('the newest question is asked at once, while the pauses go on growing', async () => {
  vi.spyOn(Math, 'random').mockReturnValue(LAST())
  const newest = new Asking<() => Promise<Reply<string>>, string>((ask) => ask())
  const times: number[] = []
  let replies: Reply<string>[] = [busy(2), busy(2), busy(2), { answer: 'yes', problem: null }]
  const question = (): Promise<Reply<string>> => {
    times.push(Math.round(performance.now() / 1000))
    return Promise.resolve(replies.shift()!)
  }
  const start = Math.round(performance.now() / 1000)
  void newest.ask(question)
  await vi.advanceTimersByTimeAsync(1000)
  void newest.ask(question)
  await vi.advanceTimersByTimeAsync(500)
  expect([newest.waiting?.seconds, newest.busy, newest.problem]).toEqual([4, true, null])
  await vi.advanceTimersByTimeAsync(60_000)
  expect(times.map((time) => time - start)).toEqual([0, 1, 5, 13])
  expect([newest.answer, newest.waiting, newest.busy]).toEqual(['yes', null, false])

  replies = [{ answer: null, problem }]
  await newest.ask(question)
  expect([newest.problem, newest.answer, newest.waiting]).toEqual([problem, 'yes', null])
})

const steps: unknown[] = []
const answerTo = (expression: string) => ({ expression, inputs: { x: 1 }, nodes: [], flows: [], steps })
const opened = () =>
  new Expression({
    question: { expression: 'x', inputs: { x: 1 }, fill: true },
    answer: null,
    problem: null,
    step: null,
  })
type Body = { expression: string; inputs: Record<string, number>; layout: boolean }

/** A server that is away until it is said to be there; what it is asked, and what comes of it. */
function serving(): { asked: Body[]; there: (is: boolean) => void } {
  const asked: Body[] = []
  let here = false
  vi.stubGlobal('fetch', (_: string, { body, signal }: { body: string; signal: AbortSignal | null }) => {
    signal?.throwIfAborted()
    asked.push(JSON.parse(body) as Body)
    if (!here) return Promise.reject(new TypeError('Failed to fetch'))
    return Promise.resolve(new Response(JSON.stringify(answerTo(asked.at(-1)!.expression))))
  })
  return { asked, there: (is) => (here = is) }
}

test('an expression is asked again until there is an answer', async () => {
  const { asked, there } = serving()
  const expression = opened()
  const done = expression.open('x + 1', {})
  await vi.advanceTimersByTimeAsync(0)
  expect([expression.waiting?.says, expression.problem]).toEqual([
    expect.stringContaining('not answer'),
    null,
  ])
  await vi.advanceTimersByTimeAsync(3000)
  expect([asked.length, expression.busy]).toEqual([2, true])
  there(true)
  await vi.advanceTimersByTimeAsync(30_000)
  expect(await done).toBe(true)
  expect([expression.answer?.expression, expression.waiting, expression.busy]).toEqual(['x + 1', null, false])
  expect(asked.length).toBe(3)
})

test('a number that is dragged while the server is away is asked for with the newest', async () => {
  const { asked, there } = serving()
  const expression = opened()
  there(true)
  await expression.open('x', { x: 1 })
  there(false)
  for (const x of [2, 3, 4]) expression.setInput('x', x, false)
  await vi.advanceTimersByTimeAsync(0)
  expect(expression.waiting?.says).toContain('not answer')
  expression.setInput('x', 5, false)
  there(true)
  await vi.advanceTimersByTimeAsync(30_000)
  expect(asked.at(-1)).toMatchObject({ inputs: { x: 5 }, layout: false })
  expect([expression.waiting, expression.problem]).toEqual([null, null])
})

test('what is typed overtakes what waits, and a gate that was not built takes no number back', async () => {
  const { asked, there } = serving()
  const expression = opened()
  const built = expression.build({ nodes: [], output: 'y' } as never, { y: 7 })
  await vi.advanceTimersByTimeAsync(0)
  expression.setInput('x', 9)
  expect(await built).toBe(false)
  there(true)
  await vi.advanceTimersByTimeAsync(30_000)
  expect(asked.at(-1)).toMatchObject({ expression: 'x', inputs: { x: 9 } })
  expect(asked.filter((body) => typeof body.expression !== 'string').length).toBe(1)
  expect(expression.waiting).toBeNull()
})
