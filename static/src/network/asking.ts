/** What the page on networks asks the server. */
import { json, post } from '../server'
import type { Asked, NetworkAnswer } from './types'

const INCLUDE = ['network', 'drawing', 'code']

export const askNetwork = (asked: Asked, open: string[] | null, mend: boolean, signal?: AbortSignal) =>
  post<NetworkAnswer>('/api/network', { ...asked, open, mend, include: INCLUDE }, signal, json)

export type Format = 'pytorch' | 'json' | 'svg' | 'tikz'

export const askExport = (asked: Asked, format: Format, open: string[] | null) =>
  post<string>('/api/network/export', { ...asked, open, format }, undefined, (response) => response.text())
