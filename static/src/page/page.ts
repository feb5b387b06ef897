// What every page has: the looks, and the switch between light and dark.
import { mount } from 'svelte'
import { quiet } from '../figure/server'
import ThemeSwitch from './ThemeSwitch.svelte'
import './fonts.css'
import './tokens.css'
import './base.css'
import './still.css'
import './frame.css'
import './touch.css'

// What ends a page is not seen before it is known where that is.
const { dataset } = document.documentElement
dataset.coming = ''
void quiet(performance.now() + 3000).then(() => delete dataset.coming)

const place = document.querySelector<HTMLElement>('[data-theme-switch]')
if (place) {
  place.replaceChildren()
  mount(ThemeSwitch, { target: place, props: { figure: document.querySelector('[data-figure]') !== null } })
}
