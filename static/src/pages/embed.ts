// Figures in anybody's document. In a frame, the page around it is told how high it is and what it asks.
import { enlivenAll } from '../figures.svelte'
import { queryOf } from '../figure/link'
import '../page/page'
import '../page/embed.css'

const told: Record<string, unknown> = {}

function tell(change: Record<string, unknown>): void {
  Object.assign(told, change)
  // To whoever frames it: it says nothing that its own address did not.
  if (parent !== window && told.link) parent.postMessage({ ...told }, '*')
}

let newest = 0
enlivenAll(document, (place, asked) => {
  const now = ++newest
  const figure = place.dataset.figure
  void queryOf(asked).then((query) => {
    if (now === newest) tell({ figure, link: `${location.origin}${location.pathname}?${query}` })
  })
})
new ResizeObserver(() => tell({ height: Math.ceil(document.body.getBoundingClientRect().height) })).observe(
  document.body,
)
