import katex from 'katex'
import type { Problem } from '../figure/api'
import { Convolution } from '../convolutions/convolution.svelte'
import ConvolutionPage from '../convolutions/ConvolutionPage.svelte'
import { besideOf, modeOf, stepOf } from '../convolutions/setting'
import type { Answer, Filter, Image } from '../convolutions/types'
import { setBy } from '../numbers/formulas'
import { alive } from '../page/alive'
import '../page/page'
import { written } from '../figure/written'
import type { Cell } from '../grids/planes'

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
  void alive(place, ConvolutionPage, { convolution, filters, images })
}
