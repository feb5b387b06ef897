import { type Rgb, theme } from '../page/theme.svelte'

export type Palette = {
  zero: Rgb
  ink: string
  soft: string
  line: string
  sheet: string
  light: string
  forward: string
  backward: string
  mono: string
}

class Colours {
  now: Palette = $derived.by(() => {
    const zero = theme.sheet
    void theme.projector
    const style = getComputedStyle(document.documentElement)
    const of = (name: string) => style.getPropertyValue(name).trim()
    return {
      zero,
      ink: of('--ink'),
      soft: of('--ink-soft'),
      line: of('--line-strong'),
      sheet: of('--sheet'),
      light: of('--light'),
      forward: of('--forward'),
      backward: of('--backward'),
      mono: of('--mono'),
    }
  })
}

export const colours = new Colours()
