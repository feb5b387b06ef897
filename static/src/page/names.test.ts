// @vitest-environment jsdom
import { expect, test } from 'vitest'
import { nameOf } from './names'

function screen(html: string): HTMLElement {
  const made = document.createElement('div')
  made.innerHTML = html
  return made
}

test.each([
  ['<p>Before</p><h2>A heading</h2>', 'A heading'],
  ['<div>drawn</div><figcaption>What it says <a>open</a></figcaption>', 'What it says'],
  ['<p>Before</p>', 'Before'],
  [`<p>${'word '.repeat(30)}</p>`, `${'word '.repeat(24).slice(0, 119).trim()}…`],
  ['<p><span class="katex-html">x</span>y</p>', 'y'],
])('a screen of %s is called %s', (html, name) => {
  expect(nameOf(screen(html))).toBe(name)
})
