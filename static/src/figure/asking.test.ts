import { afterEach, expect, test, vi } from 'vitest'
import type { Reply } from './server'
import { Following } from './asking.svelte'

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
  const following = new Following(send)
  for (const n of [1, 2, 3]) following.ask(n)
  expect(asked).toEqual([1])
  reply[0]!(said('one'))
  await settled()
  expect(asked).toEqual([1, 3])
  expect([following.answer, following.answered, following.busy]).toEqual(['one', 1, true])
  reply[1]!(said('three'))
  await settled()
  expect([following.answer, following.answered, following.busy]).toEqual(['three', 3, false])
})

test('an answer to what was forgotten is not shown', async () => {
  const { reply, send } = server()
  const following = new Following(send)
  following.ask(1)
  following.forget()
  reply[0]!(said('one'))
  await settled()
  expect([following.answer, following.busy]).toEqual([null, false])
})

const problem = { message: 'busy', where: null, suggestion: null }
const busy: Reply<string> = { answer: null, problem, retry: 2 }

test('a busy server is asked again for the newest, and a refusal is shown', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
  const { asked, reply, send } = server()
  const following = new Following(send)
  following.ask(1)
  reply[0]!(busy)
  await vi.advanceTimersByTimeAsync(0)
  following.ask(2)
  following.ask(3)
  expect([asked, following.busy, following.problem]).toEqual([[1], true, null])
  expect(following.waiting?.says).toContain('asked again')
  await vi.advanceTimersByTimeAsync(2000)
  expect(asked).toEqual([1, 3])
  reply[1]!({ answer: null, problem: { ...problem, message: 'no' } })
  await vi.advanceTimersByTimeAsync(60_000)
  expect(asked).toEqual([1, 3])
  expect([following.problem?.message, following.waiting, following.busy]).toEqual(['no', null, false])
})

test('what is forgotten is not asked again, and nothing is said of it', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
  const { asked, reply, send } = server()
  const following = new Following(send)
  following.ask(1)
  reply[0]!(busy)
  await vi.advanceTimersByTimeAsync(0)
  following.forget()
  expect(following.waiting).toBeNull()
  following.ask(2)
  await vi.advanceTimersByTimeAsync(0)
  expect(asked).toEqual([1, 2])
})
