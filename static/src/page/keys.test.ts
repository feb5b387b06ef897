import { expect, test } from 'vitest'
import { commandOf } from './keys'

const press = (key: string, held: Partial<KeyboardEvent> = {}) =>
  commandOf({ key, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...held })

test.each([
  ['ArrowRight', 'next'],
  ['PageDown', 'next'],
  ['PageUp', 'back'],
  [' ', 'play'],
  ['Home', 'start'],
  ['End', 'end'],
  ['F', 'fullscreen'],
  ['.', 'blank'],
  ['?', 'help'],
  ['Escape', 'leave'],
  ['q', null],
])('%s', (key, command) => {
  expect(press(key)).toBe(command)
})

test('undo and redo', () => {
  expect(press('z', { ctrlKey: true })).toBe('undo')
  expect(press('Z', { ctrlKey: true, shiftKey: true })).toBe('redo')
  expect(press('z', { metaKey: true })).toBe('undo')
  expect(press('f', { ctrlKey: true })).toBe(null)
  expect(press('ArrowLeft', { altKey: true })).toBe(null)
})
