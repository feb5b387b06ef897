/** A figure in a document: what is written in its place, and what stands there then. */
import { mount, type Component } from 'svelte'
import type { Problem } from './api'
import { isFollower, type Follower } from './figure.svelte'
import './standing.css'

export type First<Question = Record<string, unknown>, Answer = unknown> = {
  question: Question
  /** null: the figure asks by itself. */
  answer: Answer | null
  problem: Problem | null
  /** Where one looks: what a link says beside the question. */
  view: Partial<Record<string, string>>
}

export type Standing = {
  /** Draws it. */
  mount: (target: HTMLElement) => unknown
  /** What it asks at present, and where one looks: what makes its link. */
  asked: () => Record<string, unknown>
  /** The same as it is sent, where a link leaves something out: pictures and weights of one's own. */
  question?: () => Record<string, unknown>
  /** Its state, where that is one that another window can follow. */
  store: Follower | null
  /** What it sets going once it stands, unless it goes already in another window that it follows. */
  begin?: () => void
}

/** Made from what is written in the place, and from nothing else. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type Stand = (first: First<any, any>) => Standing | Promise<Standing>

export function standing<Props extends Record<string, unknown>>(
  component: Component<Props>,
  props: Props,
  asked: Standing['asked'],
  { question, begin }: Pick<Standing, 'question' | 'begin'> = {},
): Standing {
  const store = Object.values(props).find(isFollower) ?? null
  return { mount: (target) => mount(component, { target, props }), asked, question, store, begin }
}

/** What the server has written into a place; null where there is nothing. */
export function firstIn(place: HTMLElement): First | null {
  const text = place.querySelector('script[data-part="first"]')?.textContent
  return text ? ({ view: {}, ...(JSON.parse(text) as object) } as First) : null
}
