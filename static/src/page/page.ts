// What every page has: the looks, and the switch between light and dark.
import { mount } from 'svelte'
import ThemeSwitch from './ThemeSwitch.svelte'
import './fonts.css'
import './tokens.css'
import './base.css'

const place = document.querySelector<HTMLElement>('[data-theme-switch]')
if (place) {
  place.replaceChildren()
  mount(ThemeSwitch, { target: place, props: { figure: document.querySelector('[data-figure]') !== null } })
}

// On a narrow screen the pages stand in a row that scrolls: the present one is in sight.
const link = document.querySelector<HTMLElement>('.bar nav [aria-current]')
const row = link?.parentElement
if (link && row) row.scrollLeft += link.getBoundingClientRect().right - row.getBoundingClientRect().right + 28
