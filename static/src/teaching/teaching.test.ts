import { afterEach, expect, test, vi } from 'vitest'
import { addressOf, EMPTY, Teaching } from './teaching.svelte'
import type { Answer, Named } from './types'

const five = ['digit-0', 'digit-10', 'digit-20', 'digit-30', 'digit-40']
const question = {
  classes: [
    { name: 'a', pictures: five },
    { name: 'b', pictures: five.map((name) => name.replace('0', '1')) },
  ],
  seed: 0,
  modules: 0,
}
const named = (taken: number, right: boolean, margin: number): Named =>
  ({ taken, right, margin, scores: [], probabilities: [], shares: [] }) as unknown as Named
const answer = {
  names: ['a', 'b'],
  pictures: [
    [named(0, true, 5), named(1, false, 1), named(0, true, 2)],
    [named(1, true, 3), named(0, false, 4)],
  ],
} as unknown as Answer

const taught = (): Teaching => new Teaching(question).begin(answer, null)
afterEach(() => vi.unstubAllGlobals())

test('the surest mistake comes first, and its end is told', () => {
  const teaching = taught()
  expect(teaching.place).toEqual([1, 1])
  expect(teaching.step(1)).toBe(true)
  expect(teaching.place).toEqual([0, 1])
  expect(teaching.step(1)).toBe(false)
  expect(teaching.place).toEqual([0, 1])
  expect(teaching.step(-1)).toBe(true)
})

test('without a mistake the least sure comes first', () => {
  const right = {
    ...answer,
    pictures: answer.pictures.map((row) => row.map((each) => ({ ...each, right: true }))),
  }
  expect(new Teaching(question).begin(right, null).place).toEqual([0, 1])
})

test('what was taught is told of nothing else, and of the same again once a change is taken back', () => {
  const teaching = taught()
  teaching.remove(0, 1)
  expect(teaching.fresh).toBe(false)
  expect(teaching.named(0, 0)).toBeNull()
  expect(teaching.lacks).toBe('a needs 5 pictures at least.')
  teaching.undo()
  expect(teaching.fresh).toBe(true)
  expect(teaching.named(1, 1)?.taken).toBe(0)
  expect(teaching.lacks).toBe('')
})

test('a class takes forty pictures and no more', () => {
  const teaching = taught()
  const more = Array.from({ length: 50 }, (_, i) => `coffee/${i}`)
  expect(teaching.add(0, more)).toBe(35)
  expect(teaching.question.classes[0]!.pictures).toHaveLength(40)
  expect(teaching.add(0, more)).toBe(0)
})

test('there are two classes at least and five at most, each with a name of its own', () => {
  const teaching = taught()
  teaching.removeClass(0)
  expect(teaching.question.classes).toHaveLength(2)
  for (let i = 0; i < 5; i++) teaching.addClass()
  const names = teaching.question.classes.map(({ name }) => name)
  expect(names).toHaveLength(5)
  expect(new Set(names).size).toBe(5)
})

test('nothing is sent that lacks pictures', async () => {
  const sent = vi.fn()
  vi.stubGlobal('fetch', sent)
  const teaching = taught()
  teaching.choose(EMPTY)
  expect(teaching.answer).toBeNull()
  await teaching.teach()
  expect(sent).not.toHaveBeenCalled()
})

test.each([{}, { classes: 'x' }, { classes: [{}] }, { classes: [{ name: 'a', pictures: [1] }, null] }])(
  'of a question that makes no sense nothing is shown but two empty classes: %j',
  (wrong) => {
    expect(new Teaching(wrong).question.classes).toBe(EMPTY)
  },
)

test('a picture is had from where it is', () => {
  expect(addressOf('data:image/png;base64,AA', 64)).toBe('data:image/png;base64,AA')
  expect(addressOf('digit-3', 64)).toBe('/api/images/digit-3?size=64')
  expect(addressOf('coffee/3', 64)).toBe('/api/cuts/coffee/3?size=64')
})

test('training more of the network is a change like any other, and what cannot be read is the head alone', () => {
  const teaching = taught()
  expect(teaching.fresh).toBe(true)
  teaching.train(2)
  expect(teaching.question.modules).toBe(2)
  expect(teaching.fresh).toBe(false)
  teaching.undo()
  expect(teaching.question.modules).toBe(0)
  for (const modules of [3, -1, 'two', null, 0.5])
    expect(new Teaching({ ...question, modules }).question.modules).toBe(0)
})
