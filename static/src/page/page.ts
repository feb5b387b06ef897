// What every page has: the looks, and the switch between light and dark.
import { mount } from 'svelte'
import ThemeSwitch from './ThemeSwitch.svelte'
import './fonts.css'
import './tokens.css'
import './base.css'
import './still.css'
import './frame.css'
import './touch.css'

const place = document.querySelector<HTMLElement>('[data-theme-switch]')
if (place) {
  place.replaceChildren()
  mount(ThemeSwitch, { target: place, props: { figure: document.querySelector('[data-figure]') !== null } })
}
