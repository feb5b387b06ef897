/** What the page asks the server. A refusal comes back as a Problem, never as an exception. */
import type {
  EntryAnswer,
  ExportFormat,
  GradientCheck,
  Op,
  PathsAnswer,
  Problem,
  Question,
  Told,
} from './api'

/** `retry`: the server is busy or out of reach; in how many seconds it wants to be asked again. */
export type Reply<T> =
  { answer: T; problem: null; retry?: undefined } | { answer: null; problem: Problem; retry?: number }

/** What is said while a question waits: why, and in how many seconds it is asked again, if it is. */
export type Waiting = { says: string; seconds?: number }

/** Seconds until a server that does not say when, because it does not answer, is asked again. */
const AGAIN = 3
/** Seconds: what "at once" comes to, what pauses grow to, and what no server means. */
const SOON = 1
const MOST = 30
const DAY = 86_400
export const UNREACHABLE = 'The server does not answer. What you typed is kept; try again in a moment.'
const BROKEN_OFF = 'The server broke off in the middle of its answer.'

/** Thrown while an answer is read that ends before its end. */
export class BrokenOff extends Error {}

/**
 * Seconds until a question is asked again that was asked again `tries` times in vain, by a server that said
 * `told`. A random moment of a time that doubles, so that those who were sent away together do not come back
 * together; never sooner than half of what the server said.
 */
export function pauseOf(tries: number, told: number, random: () => number): number {
  const least = Math.max(told, SOON)
  const latest = Math.max(least, Math.min(MOST, least * 2 ** tries))
  return least / 2 + random() * (latest - least / 2)
}

/** The pauses of one asker: they grow until it has been answered. */
export class Pauses {
  #tries = 0

  next(told: number): number {
    return pauseOf(this.#tries++, told, Math.random)
  }

  reset(): void {
    this.#tries = 0
  }
}

/** In how many seconds the server wants to be asked again: a number, or a date; undefined if that is no use. */
function retryOf({ status, headers }: Response): number | undefined {
  const told = headers.get('Retry-After')
  // Without it asking again will not help: what is needed cannot run on that machine.
  if ((status !== 503 && status !== 429) || told === null) return undefined
  const seconds = /^\d+$/.test(told) ? Number(told) : (Date.parse(told) - Date.now()) / 1000
  return Number.isNaN(seconds) ? AGAIN : Math.min(Math.max(seconds, 0), DAY)
}

const away = (message = UNREACHABLE): { answer: null; problem: Problem; retry: number } => ({
  answer: null,
  problem: { message, where: null, suggestion: null },
  retry: AGAIN,
})

export async function problemOf(response: Response): Promise<Problem> {
  try {
    const body = (await response.json()) as Partial<Problem>
    if (typeof body.message === 'string') {
      const { message, where = null, suggestion = null, ...more } = body
      return { message, where, suggestion, ...more }
    }
  } catch {
    // Not JSON: a proxy's page, or nothing at all.
  }
  return { message: `The server answered ${response.status}.`, where: null, suggestion: null }
}

let underWay = 0

/** Some frames after nothing is under way any more, when what has come is drawn; or one frame after the latest moment. */
export async function quiet(latest: number): Promise<void> {
  let frames = 0
  do {
    await new Promise(requestAnimationFrame)
    frames = underWay ? 0 : frames + 1
  } while (frames < 3 && performance.now() < latest)
}

async function replyOf<T>(
  route: string,
  request: RequestInit,
  read: (response: Response) => Promise<T>,
): Promise<Reply<T>> {
  underWay += 1
  try {
    const response = await fetch(route, request)
    if (response.ok) return { answer: await read(response), problem: null }
    // From a proxy whose server is away, as it is while it starts anew.
    if (response.status === 502 || response.status === 504) return away()
    const refused = { answer: null, problem: await problemOf(response) }
    const retry = retryOf(response)
    return retry === undefined ? refused : { ...refused, retry }
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error
    return away(error instanceof BrokenOff ? BROKEN_OFF : UNREACHABLE)
  } finally {
    underWay -= 1
  }
}

export const post = <T>(
  route: string,
  body: unknown,
  signal: AbortSignal | undefined,
  read: (response: Response) => Promise<T>,
  headers: Record<string, string> = {},
): Promise<Reply<T>> =>
  replyOf(
    route,
    {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...headers },
      body: JSON.stringify(body),
      signal: signal ?? null,
    },
    read,
  )

/** A file as it is. */
export const send = <T>(route: string, file: Blob, type: string): Promise<Reply<T>> =>
  replyOf<T>(route, { method: 'POST', headers: { 'Content-Type': type }, body: file }, json)

/** A table: a server that cannot give it yet is asked until it can; empty if it refuses. */
export async function askRows<T>(route: string): Promise<T[]> {
  const reply = await patiently(() => replyOf<T[]>(route, {}, json), new AbortController().signal)
  return reply.answer ?? []
}

const WHY: Record<string, string> = {
  [UNREACHABLE]: 'does not answer',
  [BROKEN_OFF]: 'broke off in the middle of its answer',
}

/** What is said while a server that is busy, or out of reach, is asked again by itself. */
export const waitingSays = ({ message }: Problem): string =>
  `The server ${WHY[message] ?? 'is busy with other visitors'}; it is asked again`

/** What is wrong, and that nothing need be done about it where the page asks again by itself. */
export function problemIn<T>({ problem, retry }: Reply<T>): Problem | null {
  return problem && retry !== undefined ? { ...problem, message: `${waitingSays(problem)}.` } : problem
}

/** Until then, telling at each whole second how many are left, at the end that none is. Throws if overtaken. */
async function countdown(
  seconds: number,
  signal: AbortSignal,
  told: (seconds: number) => void,
): Promise<void> {
  const end = performance.now() + 1000 * seconds
  for (;;) {
    signal.throwIfAborted()
    const left = Math.max(0, Math.ceil(end - performance.now()))
    told(Math.ceil(left / 1000))
    if (left === 0) return
    await rest(((left - 1) % 1000) + 1, signal)
  }
}

/** Sooner over if it is overtaken. */
function rest(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, milliseconds)
    signal.addEventListener('abort', done)
  })
}

/**
 * A busy server says when to come back; that is when it is asked again, as is one out of reach. `told`: what is
 * said meanwhile; `pauses`: of an asker whose next question is not to start from the shortest again.
 */
export async function patiently<T>(
  ask: () => Promise<Reply<T>>,
  signal: AbortSignal,
  told: (waiting: Waiting | null) => void = () => {},
  pauses = new Pauses(),
): Promise<Reply<T>> {
  try {
    for (;;) {
      const reply = await ask()
      if (reply.retry === undefined) {
        pauses.reset()
        return reply
      }
      const says = waitingSays(reply.problem)
      await countdown(pauses.next(reply.retry), signal, (seconds) => told({ says, seconds }))
    }
  } finally {
    told(null)
  }
}

/** For several that wait at a time: who has waited longest speaks. A teller is made for each. */
export function tellers(told: (waiting: Waiting | null) => void): () => (waiting: Waiting | null) => void {
  const said = new Map<symbol, Waiting>()
  return () => {
    const self = Symbol('waits')
    return (waiting) => {
      if (waiting) said.set(self, waiting)
      else said.delete(self)
      told(said.values().next().value ?? null)
    }
  }
}

export const json = <T>(response: Response): Promise<T> => response.json() as Promise<T>

/** What the other routes understand of a question. */
const plain = ({ expression, inputs, fill }: Question) => ({ expression, inputs, fill })

export const askExpression = (question: Question, signal?: AbortSignal) =>
  post<Told>('/api/expression', question, signal, json)

export const askGradientCheck = (question: Question, signal?: AbortSignal) =>
  post<GradientCheck>(
    '/api/gradient-check',
    { ...plain(question), mistake: question.mistake ?? null },
    signal,
    json,
  )

export const askEntry = (question: Question, node: string, index: number[], signal?: AbortSignal) =>
  post<EntryAnswer>('/api/expression/entry', { ...plain(question), node, index }, signal, json)

export const askPaths = (question: Question, node: string, signal?: AbortSignal) =>
  post<PathsAnswer>('/api/expression/paths', { ...plain(question), node }, signal, json)

export const askExport = (question: Question, format: ExportFormat, signal?: AbortSignal) =>
  post<string>(
    '/api/expression/export',
    { ...plain(question), mistake: question.mistake, format },
    signal,
    (r) => r.text(),
  )

let table: Promise<Op[]> | null = null

/** The op table, fetched once a page. */
export const ops = (): Promise<Op[]> => (table ??= askRows<Op>('/api/ops'))
