import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Figure } from './figure.svelte'
import { stayed } from './player'
import type { Reply } from './server'

class Counting extends Figure<number, string> {
  set(n: number, kind = ''): void {
    this.put(n, kind)
    void this.ask(n)
  }
  word(n: number): void {
    this.amend(n)
  }
  back(n: number): void {
    this.retract(n, (past) => past === n)
  }
}
const asked: number[] = []
let reply: (n: number) => Reply<string> = (n) => ({ answer: `${n}`, problem: null })
const counting = () => new Counting(0, (n) => (asked.push(n), Promise.resolve(reply(n))))
const problem = { message: 'no', where: null, suggestion: null }

beforeEach(() => void vi.useFakeTimers())
afterEach(() => {
  vi.useRealTimers()
  asked.length = 0
  reply = (n) => ({ answer: `${n}`, problem: null })
})
const passed = (milliseconds = 0) => vi.advanceTimersByTimeAsync(milliseconds)

test('undo and redo ask again, and say whether there is more of it', async () => {
  const figure = counting()
  expect([figure.canUndo, figure.canRedo]).toEqual([false, false])
  figure.set(1)
  figure.set(2)
  await passed()
  figure.undo()
  await passed()
  expect([figure.question, figure.answer, figure.canUndo, figure.canRedo]).toEqual([1, '1', true, true])
  figure.redo()
  await passed()
  expect([figure.question, figure.answer, figure.canRedo]).toEqual([2, '2', false])
  figure.redo()
  await passed()
  expect(asked).toEqual([1, 2, 1, 2])
})

test('what is dragged in one breath is taken back in one step', async () => {
  const figure = counting()
  for (const n of [1, 2, 3]) figure.set(n, 'slider')
  await passed(2000)
  figure.set(4, 'slider')
  figure.undo()
  expect(figure.question).toBe(3)
  figure.undo()
  expect(figure.question).toBe(0)
})

test('undo while the server is away is what is asked in the end', async () => {
  const figure = counting()
  figure.set(1)
  await passed()
  reply = () => ({ answer: null, problem, retry: 1 })
  figure.set(2)
  await passed()
  expect([figure.waiting?.says, figure.answer]).toEqual([expect.stringContaining('asked again'), '1'])
  figure.undo()
  reply = (n) => ({ answer: `${n}`, problem: null })
  await passed(60_000)
  expect([figure.question, figure.answer, figure.waiting, figure.busy]).toEqual([1, '1', null, false])
})

test('other words are no step, and a step that was refused is none', () => {
  const figure = counting()
  figure.word(1)
  expect([figure.question, figure.canUndo]).toEqual([1, false])
  figure.set(2)
  figure.back(1)
  expect([figure.question, figure.canUndo]).toEqual([1, false])
})

test('one figure leaves another alone', async () => {
  const [one, other] = [counting(), counting()]
  one.set(1)
  other.set(2)
  await passed()
  one.undo()
  await passed()
  expect([one.question, other.question, other.answer, other.canRedo]).toEqual([0, 2, '2', false])
})

test.each([
  ['at the end', 8, { forward: 4, count: 8 }, { forward: 6, count: 12 }, 12],
  ['at the turn', 4, { forward: 4, count: 8 }, { forward: 6, count: 12 }, 6],
  ['on the way back', 5.5, { forward: 4, count: 8 }, { forward: 6, count: 12 }, 6],
  ['in the same steps', 5.5, { forward: 4, count: 8 }, { forward: 4, count: 8 }, 5.5],
  ['forward', 3, { forward: 4, count: 8 }, { forward: 2, count: 4 }, 2],
  ['where nothing was', 0, null, { forward: 2, count: 4 }, 4],
])('one stays where one is: %s', (_, t, before, after, next) => {
  expect(stayed(t, before, after)).toBe(next)
})
