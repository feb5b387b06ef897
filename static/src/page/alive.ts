/** A page's figure, where the server has drawn it. */
import { mount, type Component } from 'svelte'

/**
 * That drawing is painted first: in one task both would be seen as late as the slower one. A page that grows out of
 * another is shown with its figure.
 */
function painted(): Promise<void> {
  if (document.hidden || 'growing' in document.documentElement.dataset) return Promise.resolve()
  return new Promise((then) => requestAnimationFrame(() => setTimeout(then)))
}

export async function alive<Props extends Record<string, unknown>>(
  place: HTMLElement,
  component: Component<Props>,
  props: Props,
): Promise<void> {
  const { dataset } = document.documentElement
  dataset.mounting = ''
  await painted()
  place.replaceChildren()
  mount(component, { target: place, props })
  delete dataset.mounting
}
