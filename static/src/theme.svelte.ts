/** Light, dark and projector: attributes on the root, which public/theme.js sets before the first paint. */
import type { Rgb } from './cells'

const root = document.documentElement
const system = matchMedia('(prefers-color-scheme: dark)')

class Theme {
  dark = $state(root.dataset.theme ? root.dataset.theme === 'dark' : system.matches)
  projector = $state('projector' in root.dataset)
  /** The paper's colour, which is a heat map's zero. */
  sheet: Rgb = $derived(this.dark ? [26, 29, 33] : [255, 255, 255])

  toggleDark(): void {
    this.dark = !this.dark
    root.dataset.theme = this.dark ? 'dark' : 'light'
    try {
      localStorage.setItem('theme', root.dataset.theme)
    } catch {
      // Storage may be switched off; the choice then lasts as long as the page.
    }
  }

  toggleProjector(on = !this.projector): void {
    this.projector = on
    if (on) root.dataset.projector = ''
    else delete root.dataset.projector
  }
}

export const theme = new Theme()

system.addEventListener('change', (event) => {
  if (!root.dataset.theme) theme.dark = event.matches
})
