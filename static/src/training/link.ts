/** The settings of a run as a link, and back. */
import { networkQuery } from '../networks/link'
import type { ExperimentRow, Frame, Own, Settings } from './types'

export function queryOf(row: ExperimentRow, settings: Settings, projector: boolean): string {
  const query = new URLSearchParams({ experiment: row.name })
  for (const { name } of row.settings) {
    const value = settings[name]
    if (value !== undefined) query.set(name, String(value))
  }
  if (projector) query.set('projector', '1')
  return query.toString()
}

/** Of a question, what differs from the settings as they come. */
export function settingsOf(row: ExperimentRow, question: Record<string, unknown>): Settings {
  const found: Settings = {}
  for (const { name, default: first } of row.settings) {
    const value = question[name]
    if ((typeof value === 'number' || typeof value === 'string') && value !== first) found[name] = value
  }
  return found
}

/** Of a question, the network or the points it brings along. */
export function ownOf(question: Record<string, unknown>): Own {
  const given = ['network', 'source', 'input', 'added'].filter((name) => question[name] != null)
  return Object.fromEntries(given.map((name) => [name, question[name]]))
}

/** The whole link, with what was brought along. */
export async function linkOf(
  row: ExperimentRow,
  settings: Settings,
  own: Own,
  projector: boolean,
): Promise<string> {
  const query = new URLSearchParams(queryOf(row, settings, projector))
  if (own.added) query.set('added', JSON.stringify(own.added))
  for (const [name, text] of Object.entries((await networkQuery(own)) ?? {})) query.set(name, text)
  return query.toString()
}

/** The page that looks into the step after a frame of that link; at the end of a run, into its last one. */
export function insideOf(page: string, link: string, frame: Frame | null, steps: number): string {
  const query = new URLSearchParams(link)
  // A frame may be one of an epoch, which has many steps.
  const step = frame ? Math.round((frame.at / frame.end) * steps) : 0
  query.set('step', String(Math.max(0, Math.min(step, steps - 1))))
  return `${page}?${query.toString()}`
}
