/** The figures on one layer, wherever they stand. */
import { json, post } from '../figure/server'
import { Settings } from '../figure/settings.svelte'
import { standing, type First } from '../figure/standing'
import { table } from '../figure/tables'
import { Convolution } from './convolution.svelte'
import ConvolutionFigure from './ConvolutionFigure.svelte'
import { besideOf, cellIn, modeOf, stepOf } from './setting'
import type { Answer, Filter, Image, Window, WindowQuestion } from './types'
import WindowFigure from './WindowFigure.svelte'

/** Also of a fully connected layer. */
export async function convolution(first: First<Record<string, unknown>, Answer>) {
  const { question, answer, problem, view } = first
  const search = new URLSearchParams(view as Record<string, string>).toString()
  const cell = cellIn(question.near)
  const [filters, images] = await Promise.all([
    table<Filter>('filters'),
    table<Image & { kind: string }>('images'),
  ])
  const store = new Convolution({
    question: Object.fromEntries(Object.entries(question).filter(([name]) => name !== 'near')),
    answer,
    problem,
    cell: cell ?? cellIn(answer?.cells[0]?.cell),
    step: stepOf(search),
    pointed: cell !== null,
    mode: modeOf(search),
    beside: besideOf(search),
  })
  const photos = images.filter(({ kind }) => kind === 'photo')
  return standing(ConvolutionFigure, { convolution: store, filters, images: photos }, () => ({
    ...store.given,
    ...store.link.setting,
    near: store.pinned,
    step: store.pinned && !store.backward ? null : Math.round(store.t),
    mode: store.mode === 'both' ? null : store.mode,
    connected: store.beside === 0 ? null : store.beside,
  }))
}

export function window({ question, answer, problem }: First<WindowQuestion, Window>) {
  const figure = new Settings<WindowQuestion, Window>(question, (asked, signal) =>
    post<Window>('/api/window', asked, signal, json),
  )
  figure.begin(answer, problem)
  return standing(WindowFigure, { figure }, () => figure.question)
}
