/** The figures by their names, as in app/core/figures.py; each comes alive when it comes near. */
import { mount } from 'svelte'
import Checked from './figure/Checked.svelte'
import { quiet } from './figure/server'
import { firstIn, type Stand, type Standing } from './figure/standing'

const expressions = () => import('./expressions/standing')
const convolutions = () => import('./convolutions/standing')
const networks = () => import('./networks/standing')
const activations = () => import('./activations/standing')
const attributions = () => import('./attributions/standing')
const training = () => import('./training/standing')
const teaching = () => import('./teaching/standing')

export const FIGURES: Record<string, () => Promise<Stand>> = {
  expression: async () => (await expressions()).expression,
  'gradient-check': async () => (await expressions()).gradientCheck,
  convolution: async () => (await convolutions()).convolution,
  'fully-connected': async () => (await convolutions()).convolution,
  window: async () => (await convolutions()).window,
  network: async () => (await networks()).network,
  'receptive-field': async () => (await networks()).receptiveField,
  stack: async () => (await networks()).stack,
  'effective-field': async () => (await networks()).effectiveField,
  comparison: async () => (await networks()).comparison,
  'gradient-sizes': async () => (await networks()).gradientSizes,
  activations: async () => (await activations()).activations,
  layer: async () => (await activations()).layer,
  unit: async () => (await activations()).unit,
  attribution: async () => (await attributions()).attribution,
  occlusion: async () => (await attributions()).occlusion,
  'top-patches': async () => (await attributions()).topPatches,
  'training-step': async () => (await training()).trainingStep,
  'optimised-input': async () => (await attributions()).optimisedInput,
  teach: async () => (await teaching()).teach,
}

/** How far off a figure is fetched: a window's height. */
const NEAR = '100% 0px'
/** How long at most it is laid out unseen. */
const MOST_MILLISECONDS = 3000

/** Told of a figure that is alive, and again whenever it asks something else. */
type Told = (place: HTMLElement, asked: Record<string, unknown>) => void

/**
 * Called once with each figure that has come alive, and its place among all that there are. `false`: another window
 * goes before it, and it begins nothing.
 */
type Alive = (place: number, figure: Standing) => unknown

/** Those that come alive together do so one after the other: what a hand does meanwhile is heard in between. */
let turn: Promise<void> = Promise.resolve()
const nextTask = () => new Promise<void>((then) => setTimeout(then))

async function enliven(place: HTMLElement, told: Told, alive: (figure: Standing) => unknown): Promise<void> {
  const first = firstIn(place)
  const name = place.dataset.figure ?? ''
  // What is in no row here is an experiment: those are a table of the server's.
  const stand = await (FIGURES[name]?.() ?? (await training()).experiment(name))
  if (!first || !stand) return
  const figure = await stand(first)
  const done = turn.then(nextTask).then(() => put(figure, name, place, told, alive, first.answer === null))
  turn = done.catch(() => undefined) // Where one fails, the others come all the same.
  await done
}

/** `asks`: it is laid out unseen until it has been answered, and what stood there stays so long. */
function put(
  figure: Standing,
  name: string,
  place: HTMLElement,
  told: Told,
  alive: (figure: Standing) => unknown,
  asks: boolean,
): void {
  const still = [...place.children]
  const end = (): void => still.forEach((part) => part.remove())
  if (asks) wake(place, end)
  else end()
  figure.mount(place)
  const { asked, question } = figure
  const props = {
    figure: name,
    linked: !question,
    get question() {
      return (question ?? asked)()
    },
  }
  mount(Checked, { target: place, props })
  place.dataset.alive = ''
  if (alive(figure) !== false) figure.begin?.()
  $effect.root(() => {
    $effect(() => told(place, figure.asked()))
  })
}

/** No two are shown in one frame: what is in view then stays where it is, whatever grows above it. */
let woken: Promise<void> = Promise.resolve()

function wake(place: HTMLElement, end: () => void): void {
  place.dataset.waking = ''
  const latest = performance.now() + MOST_MILLISECONDS
  woken = woken.then(async () => {
    await quiet(latest)
    place.dataset.waking = 'shown'
    end()
    await quiet(0)
    delete place.dataset.waking
  })
}

/** Every figure in a document; those far away wait until one comes near. */
export function enlivenAll(
  root: ParentNode,
  told: Told = () => undefined,
  alive: Alive = () => undefined,
): void {
  const places = [...root.querySelectorAll<HTMLElement>('[data-figure]')]
  const near = new IntersectionObserver(
    (entries) => {
      for (const { isIntersecting, target } of entries) {
        if (!isIntersecting) continue
        near.unobserve(target)
        const place = target as HTMLElement
        void enliven(place, told, (figure) => alive(places.indexOf(place), figure))
      }
    },
    { rootMargin: NEAR },
  )
  for (const place of places) near.observe(place)
}
