/** The settings of a run as a link, and back. */
import type { ExperimentRow, Settings } from './types'

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
