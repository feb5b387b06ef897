import { expect, test } from 'vitest'
import { begin, edit, redo, undo } from './history'

test('undo and redo walk the same way', () => {
  let history = edit(edit(begin('a'), 'b', '', 0), 'c', '', 0)
  history = undo(history)
  expect(history.present).toBe('b')
  history = undo(undo(history))
  expect(history.present).toBe('a')
  expect(redo(redo(redo(history))).present).toBe('c')
  expect(redo(edit(history, 'd', '', 0)).present).toBe('d')
})

test('typing in one breath is undone at once', () => {
  let history = begin('')
  for (const [at, text] of ['e', 'ex', 'exp'].entries()) history = edit(history, text, 'text', at * 100)
  expect(undo(history).present).toBe('')
  history = edit(history, 'exp(', 'text', 5000)
  expect(undo(history).present).toBe('exp')
})
