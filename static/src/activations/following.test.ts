import { expect, test } from 'vitest'
import type { Reply } from '../server'
import { Following } from './following.svelte'

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

test('a busy server is asked again, and a refusal is shown', async () => {
  const { asked, reply, send } = server()
  const following = new Following(send)
  following.ask(1)
  const problem = { message: 'busy', where: null, suggestion: null }
  reply[0]!({ answer: null, problem, retry: 0 })
  await new Promise((resolve) => setTimeout(resolve, 250))
  expect(asked).toEqual([1, 1])
  reply[1]!({ answer: null, problem: { ...problem, message: 'no' } })
  await settled()
  expect(asked).toEqual([1, 1])
  expect(following.problem?.message).toBe('no')
})
