import type { First } from '../figure/standing'
import { written } from '../figure/written'
import { alive } from '../page/alive'
import '../page/page'
import '../activations/styles'
import { Teaching } from '../teaching/teaching.svelte'
import TeachPage from '../teaching/TeachPage.svelte'
import type { Answer, Preset } from '../teaching/types'
import '../training/training.css'

const place = document.querySelector<HTMLElement>('[data-figure="teach"]')
if (place) {
  const { question, answer, problem } = written<First<Record<string, unknown>, Answer>>('first')
  const teaching = new Teaching(question).begin(answer, problem)
  const presets = written<Preset[]>('presets')
  void alive(place, TeachPage, { teaching, presets })
}
