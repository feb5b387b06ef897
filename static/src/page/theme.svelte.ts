export type Rgb = readonly [number, number, number]
const root = document.documentElement
const system = matchMedia('(prefers-color-scheme: dark)')

class Theme {
  projector = $state('projector' in root.dataset)
  #chosen = $state(root.dataset.theme ?? null)
  #system = $state(system.matches)
  /** A projector's paper is white unless dark was asked for, whatever the system likes. */
  dark = $derived(this.#chosen ? this.#chosen === 'dark' : this.#system && !this.projector)
  /** The paper's colour, which is a heat map's zero. */
  sheet: Rgb = $derived(this.dark ? [26, 29, 33] : [255, 255, 255])

  constructor() {
    system.addEventListener('change', (event) => (this.#system = event.matches))
  }

  toggleDark(): void {
    const next = this.dark ? 'light' : 'dark'
    this.#chosen = root.dataset.theme = next
    try {
      localStorage.setItem('theme', next)
    } catch {
      // Storage may be switched off; the choice then lasts as long as the page.
    }
  }

  toggleProjector(on = !this.projector): void {
    this.projector = on
    if (on) root.dataset.projector = ''
    else delete root.dataset.projector
    try {
      // From page to page, as long as the tab is open.
      sessionStorage.setItem('projector', on ? '1' : '0')
    } catch {
      // Storage may be switched off; the page's own link still says it.
    }
  }
}

export const theme = new Theme()
