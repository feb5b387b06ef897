import { expect, test } from 'vitest'
import { commandOf, scrolls } from './keys'

const press = (key: string, held: Partial<KeyboardEvent> = {}) =>
  commandOf({ key, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...held })

test.each([
  ['ArrowRight', 'next'],
  ['PageDown', 'skip'],
  ['PageUp', 'skip-back'],
  [' ', 'play'],
  ['Home', 'start'],
  ['End', 'end'],
  ['F', 'fullscreen'],
  ['.', 'blank'],
  ['?', 'help'],
  ['Escape', 'leave'],
  [']', 'page-after'],
  ['c', 'clicker'],
  ['3', 'tab'],
  ['0', null],
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

test.each([
  ['PageDown', false, true],
  ['PageUp', false, true],
  [' ', false, true],
  ['PageDown', true, false],
  [' ', true, false],
  ['ArrowDown', false, false],
])('%s scrolls where nobody presents', (key, presenting, does) => {
  expect(scrolls({ key, target: null }, presenting)).toBe(does)
})
