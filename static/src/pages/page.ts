// What every page has: the looks, and the switch between light and dark.
import { mount } from 'svelte'
import ThemeSwitch from '../parts/ThemeSwitch.svelte'
import '../styles/fonts.css'
import '../styles/tokens.css'
import '../styles/base.css'

const place = document.querySelector<HTMLElement>('[data-theme-switch]')
if (place) {
  mount(ThemeSwitch, { target: place, props: { figure: document.querySelector('[data-figure]') !== null } })
}
