// @vitest-environment jsdom
import { expect, test } from 'vitest'
import { columnsOf, led, picture } from './overview'

test.each([
  ['ArrowRight', 4, 5],
  ['PageUp', 4, 3],
  ['ArrowDown', 4, 7],
  ['ArrowUp', 4, 1],
  ['ArrowUp', 2, 2],
  ['ArrowRight', 9, 9],
  ['ArrowDown', 8, 8],
  ['End', 4, 9],
  ['Home', 4, 0],
  ['Enter', 4, null],
])('%s leads from %d to %s', (key, at, to) => {
  expect(led(key, at, 10, 3)).toBe(to)
})

test.each([
  [10, 1920, 4],
  [30, 1280, 6],
  [30, 360, 3],
  [1, 60, 1],
])('%d screens in %d pixels stand in rows of %d', (count, width, columns) => {
  expect(columnsOf(count, width)).toBe(columns)
})

function screen(html: string): HTMLElement {
  const made = document.createElement('div')
  made.innerHTML = html
  return made
}

test('a picture of a screen takes nothing from the screen', () => {
  const made = screen('<p id="a">Words</p><input type="radio" name="b" checked><script>{}</script>')
  document.body.append(made, picture(made))
  expect(document.querySelectorAll('#a, [name=b], script')).toHaveLength(3)
  expect(made.querySelector('input')!.checked).toBe(true)
})
