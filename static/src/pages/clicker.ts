// The phone as clicker of a wall.
import { mount } from 'svelte'
import '../clicker/phone.css'
import Phone from '../clicker/Phone.svelte'
import type { Shown } from '../clicker/room'
import '../page/page'

const place = document.querySelector<HTMLElement>('.clicker')!
const shown = JSON.parse(place.querySelector('[data-part=shown]')!.textContent!) as Shown
place.replaceChildren()
mount(Phone, { target: place, props: { code: place.dataset.code ?? '', shown } })
