import katex from 'katex'
import 'katex/dist/katex.min.css'
import { mount } from 'svelte'
import type { Problem } from '../api'
import { Convolution } from '../convolution/convolution.svelte'
import ConvolutionPage from '../convolution/ConvolutionPage.svelte'
import { besideOf, modeOf, stepOf } from '../convolution/setting'
import type { Answer, Cell, Filter, Image } from '../convolution/types'
import { setBy } from '../formulas'
import '../styles/graph.css'
import '../styles/player.css'
import '../styles/presenter.css'
import '../styles/projector.css'
import '../styles/numbers.css'
import '../styles/arithmetic.css'
import '../styles/convolution.css'
import '../styles/connected.css'
import '../styles/convolution-projector.css'
import './page'
import { written } from '../written'

const place = document.querySelector<HTMLElement>('[data-figure="convolution"]')
if (place) {
  const convolution = new Convolution({
    question: written<Record<string, unknown>>('question'),
    answer: written<Answer | null>('answer'),
    problem: written<Problem | null>('problem'),
    cell: written<Cell | null>('cell'),
    step: stepOf(location.search),
    pointed: new URLSearchParams(location.search).has('cell'),
    mode: modeOf(location.search),
    beside: besideOf(location.search),
  })
  const filters = written<Filter[]>('filters')
  const images = written<Image[]>('images')
  // How high the controls are depends on how wide the formulas in them are.
  setBy(katex)
  place.replaceChildren()
  mount(ConvolutionPage, { target: place, props: { convolution, filters, images } })
}
