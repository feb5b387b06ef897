/** What the page asks the server. A refusal comes back as a Problem, never as an exception. */
import type {
  Answer,
  EntryAnswer,
  ExportFormat,
  GradientCheck,
  Op,
  PathsAnswer,
  Problem,
  Question,
} from './api'

/** `retry`: the server is busy or out of reach; in how many seconds to ask again. */
export type Reply<T> =
  { answer: T; problem: null; retry?: undefined } | { answer: null; problem: Problem; retry?: number }

/** Seconds until a server that does not answer is asked again. */
export const AGAIN = 3
export const UNREACHABLE = 'The server does not answer. What you typed is kept; try again in a moment.'

export async function problemOf(response: Response): Promise<Problem> {
  try {
    const body = (await response.json()) as Partial<Problem>
    if (typeof body.message === 'string') {
      return { message: body.message, where: body.where ?? null, suggestion: body.suggestion ?? null }
    }
  } catch {
    // Not JSON: a proxy's page, or nothing at all.
  }
  return { message: `The server answered ${response.status}.`, where: null, suggestion: null }
}

export async function post<T>(
  route: string,
  body: unknown,
  signal: AbortSignal | undefined,
  read: (response: Response) => Promise<T>,
  accept = '*/*',
): Promise<Reply<T>> {
  try {
    const response = await fetch(route, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Accept: accept },
      body: JSON.stringify(body),
      signal: signal ?? null,
    })
    if (!response.ok) {
      const retry = response.status === 503 ? Number(response.headers.get('Retry-After')) || 1 : undefined
      const refused = { answer: null, problem: await problemOf(response) }
      return retry === undefined ? refused : { ...refused, retry }
    }
    return { answer: await read(response), problem: null }
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error
    return { answer: null, problem: { message: UNREACHABLE, where: null, suggestion: null }, retry: AGAIN }
  }
}

/** What is said while a server that is busy, or out of reach, is asked again by itself. */
export const waitingSays = ({ message }: Problem): string =>
  `The server ${message === UNREACHABLE ? 'does not answer' : 'is busy with other visitors'}; it is asked again`

/**
 * A busy server says when to come back; that is when it is asked again, as is one out of reach. `told`: what is
 * said meanwhile.
 */
export async function patiently<T>(
  ask: () => Promise<Reply<T>>,
  signal: AbortSignal,
  told: (says: string | null) => void = () => {},
): Promise<Reply<T>> {
  try {
    for (;;) {
      const reply = await ask()
      if (reply.retry === undefined) return reply
      for (let left = Math.ceil(reply.retry); left > 0; left--) {
        told(`${waitingSays(reply.problem)} in ${left} s`)
        await new Promise((resolve) => setTimeout(resolve, 1000))
        signal.throwIfAborted()
      }
    }
  } finally {
    told(null)
  }
}

export const json = <T>(response: Response): Promise<T> => response.json() as Promise<T>

/** What the other routes understand of a question. */
const plain = ({ expression, inputs, fill }: Question) => ({ expression, inputs, fill })

export const askExpression = (question: Question, signal?: AbortSignal) =>
  post<Answer>('/api/expression', question, signal, json)

export const askGradientCheck = (question: Question, signal?: AbortSignal) =>
  post<GradientCheck>('/api/gradient-check', plain(question), signal, json)

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
export function ops(): Promise<Op[]> {
  table ??= fetch('/api/ops')
    .then((response) => (response.ok ? json<Op[]>(response) : []))
    .catch(() => {
      table = null
      return []
    })
  return table
}
