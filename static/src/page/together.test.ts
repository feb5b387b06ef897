import { expect, test } from 'vitest'
import { changes } from './together.svelte'

test('only what has changed is told, and a question in other objects is no other question', () => {
  const question = { text: 'x * y', inputs: { x: [1, 2] } }
  const before = { question, t: 2, pinned: null }
  expect(changes({ question: structuredClone(question), t: 2, pinned: null }, before)).toBeNull()
  expect(changes({ question, t: 3, pinned: null }, before)).toEqual({ t: 3 })
  expect(changes({ question: { text: 'x' }, t: 2, pinned: { row: 1 } }, before)).toEqual({
    question: { text: 'x' },
    pinned: { row: 1 },
  })
})
