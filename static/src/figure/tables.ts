/** The server's tables that figures choose from, each fetched once a document. */
import { askRows } from './server'

const fetched = new Map<string, Promise<unknown[]>>()

export function table<Row>(name: string): Promise<Row[]> {
  const rows = fetched.get(name) ?? askRows<unknown>(`/api/${name}`)
  fetched.set(name, rows)
  return rows as Promise<Row[]>
}
