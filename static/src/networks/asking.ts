/** What the page on networks asks the server. */
import { json, post } from '../figure/server'
import { Settings } from '../figure/settings.svelte'
import type {
  Asked,
  Comparison,
  ComparisonQuestion,
  Cone,
  DeepStack,
  Effective,
  GradientSizes,
  Measure,
  NetworkAnswer,
  Stack,
  StackQuestion,
} from './types'

const INCLUDE = ['network', 'drawing', 'code']

export const askNetwork = (asked: Asked, open: string[] | null, mend: boolean, signal?: AbortSignal) =>
  post<NetworkAnswer>('/api/network', { ...asked, open, mend, include: INCLUDE }, signal, json)

const text = (response: Response): Promise<string> => response.text()

export type Format = 'pytorch' | 'json' | 'svg' | 'tikz'

export const askExport = (asked: Asked, format: Format, open: string[] | null) =>
  post<string>('/api/network/export', { ...asked, open, format }, undefined, text)

export const askCone = (asked: Asked, layer: string | null, unit: number[] | null, signal?: AbortSignal) =>
  post<Cone>('/api/receptive-field', { ...asked, layer, unit }, signal, json)

export const askConeTikz = (asked: Asked, layer: string, unit: number[]) =>
  post<string>('/api/receptive-field/export', { ...asked, layer, unit, format: 'tikz' }, undefined, text)

export const askStack = (question: StackQuestion, signal?: AbortSignal) =>
  post<Stack>('/api/receptive-field/stack', question, signal, json)

export const askComparison = (question: ComparisonQuestion, signal?: AbortSignal) =>
  post<Comparison>('/api/comparison', question, signal, json)

export const askEffective = (asked: Asked, layer: string) =>
  post<Effective>('/api/effective-field', { ...asked, layer }, undefined, json)

export const askGradientSizes = (stack: DeepStack, signal?: AbortSignal) =>
  post<GradientSizes>('/api/gradient-sizes', stack, signal, json)

export const askGradientsTikz = (stack: DeepStack, measure: Measure) =>
  post<string>('/api/gradient-sizes/export', { ...stack, measure, format: 'tikz' }, undefined, text)

export const askScatterTikz = (names: string[]) =>
  post<string>('/api/architectures/export', { names, format: 'tikz' }, undefined, text)

/** Milliseconds that a measurement is waited with while a slider moves. */
const MEASURING = 200

export const gradientsFigure = (stack: DeepStack) =>
  new Settings<DeepStack, GradientSizes>(stack, askGradientSizes, MEASURING)

export const stackFigure = (question: StackQuestion = { kernel_size: 5, channels: 64 }) =>
  new Settings<StackQuestion, Stack>(question, askStack)

export const comparisonFigure = (question: ComparisonQuestion) =>
  new Settings<ComparisonQuestion, Comparison>(question, askComparison)
