import { afterEach, expect, test, vi } from 'vitest'
import type { Reply } from './server'
import { Asking } from './asking.svelte'

afterEach(() => void vi.useRealTimers())

type Answered = (reply: Reply<string>) => void

function server(): { asked: number[]; reply: Answered[]; send: (n: number) => Promise<Reply<string>> } {
  const asked: number[] = []
  const reply: Answered[] = []
  return { asked, reply, send: (n) => (asked.push(n), new Promise((resolve) => reply.push(resolve))) }
}
const settled = () => new Promise((resolve) => setTimeout(resolve))
const said = (answer: string): Reply<string> => ({ answer, problem: null })

test('while one question is answered the next waits, and only the newest is asked', async () => {
  const { asked, reply, send } = server()
  const asking = new Asking<number, string>(send)
  for (const n of [1, 2, 3]) asking.follow(n)
  expect(asked).toEqual([1])
  reply[0]!(said('one'))
  await settled()
  expect(asked).toEqual([1, 3])
  expect([asking.answer, asking.answered, asking.busy]).toEqual(['one', 1, true])
  reply[1]!(said('three'))
  await settled()
  expect([asking.answer, asking.answered, asking.busy]).toEqual(['three', 3, false])
})

test('an answer to what was forgotten is not shown', async () => {
  const { reply, send } = server()
  const asking = new Asking<number, string>(send)
  asking.follow(1)
  asking.forget()
  reply[0]!(said('one'))
  await settled()
  expect([asking.answer, asking.busy]).toEqual([null, false])
})

const problem = { message: 'busy', where: null, suggestion: null }
const busy: Reply<string> = { answer: null, problem, retry: 2 }

test('a busy server is asked again for the newest, and a refusal is shown', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
  const { asked, reply, send } = server()
  const asking = new Asking<number, string>(send)
  asking.follow(1)
  reply[0]!(busy)
  await vi.advanceTimersByTimeAsync(0)
  asking.follow(2)
  asking.follow(3)
  expect([asked, asking.busy, asking.problem]).toEqual([[1], true, null])
  expect(asking.waiting?.says).toContain('asked again')
  await vi.advanceTimersByTimeAsync(2000)
  expect(asked).toEqual([1, 3])
  reply[1]!({ answer: null, problem: { ...problem, message: 'no' } })
  await vi.advanceTimersByTimeAsync(60_000)
  expect(asked).toEqual([1, 3])
  expect([asking.problem?.message, asking.waiting, asking.busy]).toEqual(['no', null, false])
})

test('what is forgotten is not asked again, and nothing is said of it', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
  const { asked, reply, send } = server()
  const asking = new Asking<number, string>(send)
  asking.follow(1)
  reply[0]!(busy)
  await vi.advanceTimersByTimeAsync(0)
  asking.forget()
  expect(asking.waiting).toBeNull()
  asking.follow(2)
  await vi.advanceTimersByTimeAsync(0)
  expect(asked).toEqual([1, 2])
})

test('what is asked at once overtakes what is asked, and all that follows it', async () => {
  const signals: AbortSignal[] = []
  const { asked, reply, send } = server()
  const asking = new Asking<number, string>((n, signal) => (signals.push(signal), send(n)))
  const first = asking.ask(1)
  asking.follow(2)
  const second = asking.ask(3)
  expect(signals.map(({ aborted }) => aborted)).toEqual([true, false])
  reply[1]!(said('three'))
  reply[0]!(said('one'))
  expect(await Promise.all([first, second])).toEqual([false, true])
  expect([asked, asking.answer, asking.busy]).toEqual([[1, 3], 'three', false])
})

test('a refusal leaves the answer that was there, and has been no answer', async () => {
  const replies: Reply<string>[] = [said('one'), { answer: null, problem }]
  const asking = new Asking<number, string>(() => Promise.resolve(replies.shift()!))
  expect(await asking.ask(1)).toBe(true)
  expect(await asking.ask(2)).toBe(false)
  expect([asking.answer, asking.answered, asking.problem]).toEqual(['one', 1, problem])
})
