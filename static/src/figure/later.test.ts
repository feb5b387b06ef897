// @vitest-environment jsdom
import { createRawSnippet, flushSync, mount, unmount } from 'svelte'
import { expect, test, vi } from 'vitest'
import Later from './Later.svelte'

test('it is made in a task of its own, and at once where the page has come already', () => {
  vi.useFakeTimers()
  const children = createRawSnippet(() => ({ render: () => '<p>below</p>' }))
  const target = document.createElement('div')
  const first = mount(Later, { target, props: { children } })
  flushSync()
  expect(target.textContent).toBe('')
  vi.runAllTimers()
  flushSync()
  expect(target.textContent).toBe('below')
  void unmount(first)
  mount(Later, { target, props: { children } })
  flushSync()
  expect(target.textContent).toBe('below')
})
