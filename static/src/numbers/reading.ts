/** Numbers as someone typed them. */
import type { Nested } from '../figure/api'
import { typed as asTyped } from './format'

/** A number or nested list as someone typed it; undefined if it is neither. */
export function readValue(typed: string): Nested | undefined {
  const text = asTyped(typed.trim()).replaceAll('\u2212', '-')
  if (text === '') return undefined
  const number = Number(text)
  if (Number.isFinite(number)) return number
  try {
    const value: unknown = JSON.parse(text)
    return isNested(value) ? value : undefined
  } catch {
    return undefined
  }
}

function isNested(value: unknown): value is Nested {
  if (Array.isArray(value)) return value.every(isNested)
  return typeof value === 'number' && Number.isFinite(value)
}
