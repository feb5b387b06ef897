/**
 * The views that the page's title row names, as the server wrote them, and the place of their tabs.
 * To be read before the tabs stand there.
 */
export type Views = { place: HTMLElement; titles: [string, string][] }

export function viewsWritten(): Views {
  const place = document.querySelector<HTMLElement>('[data-views]')
  if (!place) throw new Error('no views in the title row')
  const titles = [...place.querySelectorAll<HTMLElement>('[data-view]')].map((view): [string, string] => [
    view.dataset.view ?? '',
    view.textContent,
  ])
  return { place, titles }
}
