import { expect, it } from 'vitest'
import { argumentRefused, inputRefused, valueRefused } from './refusals'
import type { LayerField } from './types'

const kernel = {
  name: 'kernel_size',
  control: 'whole',
  low: 1,
  high: 64,
  choices: [],
} as unknown as LayerField
const padding = { ...kernel, name: 'padding', low: 0, choices: ['same', 'valid'] } as unknown as LayerField
const share = { ...kernel, name: 'p', low: 0, high: 1, control: 'real' } as unknown as LayerField

it.each([
  [kernel, 3],
  [kernel, [64, 1]],
  [padding, 'same'],
  [share, 0.5],
  [{ ...kernel, low: null, high: null } as unknown as LayerField, 'tanh'],
])('asks the server about %j: %j', (field, value) => expect(valueRefused(field, value)).toBe(''))

it.each([
  [kernel, 99],
  [kernel, 0],
  [kernel, 2.5],
  [kernel, 'abc'],
  [kernel, [3, 99]],
  [kernel, undefined],
  [share, 2],
  [padding, 'full'],
])('refuses %j: %j in words', (field, value) =>
  expect(valueRefused(field, value)).toMatch(/^\w+ is a (whole )?number from \d+ to \d+/),
)

it('names the choices', () => expect(valueRefused(padding, 'full')).toContain('or same or valid'))

it('tells what a refusal is about', () => {
  const at = (field: string) => ({ message: '', where: { field }, suggestion: null })
  expect(argumentRefused(at('network.layers.7.layer.stride'))).toEqual({ at: 7, argument: 'stride' })
  expect(argumentRefused(at('network.layers.0.layer.stride.1'))?.argument).toBe('stride')
  expect(argumentRefused(at('network'))).toBeNull()
  expect(inputRefused(at('network.input.1'))).toBe(true)
  expect(inputRefused(null)).toBe(false)
})
