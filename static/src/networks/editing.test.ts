import { describe, expect, it } from 'vitest'
import {
  insert,
  move,
  readArgument,
  remove,
  setArgument,
  setSource,
  shift,
  showArgument,
  wired,
} from './editing'
import type { NetworkSpec } from './types'

const stack = (): NetworkSpec => ({
  input: [3, 8, 8],
  layers: ['Conv2d', 'ReLU', 'MaxPool2d'].map((type, i) => ({
    name: String(i),
    layer: { type },
    inputs: [],
  })),
})
const residual = (): NetworkSpec => ({
  input: [3, 8, 8],
  layers: [
    { name: 'conv1', layer: { type: 'Conv2d' } },
    { name: 'conv2', layer: { type: 'Conv2d' } },
    { name: 'add', layer: { type: 'Add' }, inputs: ['conv2', 'conv1'] },
    { name: 'relu', layer: { type: 'ReLU' } },
  ],
})
const types = (network: NetworkSpec) => network.layers.map(({ layer }) => layer.type)
const names = (network: NetworkSpec) => network.layers.map(({ name }) => name)

describe('a plain stack', () => {
  it('is numbered again after an edit, and says nothing of what follows by itself', () => {
    const { network, name } = insert(stack(), '0', { type: 'BatchNorm2d' })
    expect(types(network)).toEqual(['Conv2d', 'BatchNorm2d', 'ReLU', 'MaxPool2d'])
    expect(names(network)).toEqual(['0', '1', '2', '3'])
    expect(name).toBe('1')
    expect(network.layers.every(({ inputs }) => inputs === undefined)).toBe(true)
  })
  it('takes a layer in the first place', () => {
    const { network, name } = insert(stack(), 'input', { type: 'Dropout' })
    expect(types(network)[0]).toBe('Dropout')
    expect(name).toBe('0')
  })
  it('closes the gap when a layer goes, and keeps the last one', () => {
    expect(types(remove(stack(), '1'))).toEqual(['Conv2d', 'MaxPool2d'])
    const one = { input: [1], layers: [{ name: '0', layer: { type: 'ReLU' } }] }
    expect(remove(one, '0')).toBe(one)
  })
  it('moves a layer', () => {
    const moved = move(stack(), '2', '0')
    expect(types(moved!.network)).toEqual(['Conv2d', 'MaxPool2d', 'ReLU'])
    expect(moved!.name).toBe('1')
    expect(move(stack(), '2', '1')).toBeNull()
    expect(move(stack(), '0', 'input')).toBeNull()
    expect(types(shift(stack(), '0', 1)!.network)).toEqual(['ReLU', 'Conv2d', 'MaxPool2d'])
    expect(types(shift(stack(), '1', -1)!.network)).toEqual(['ReLU', 'Conv2d', 'MaxPool2d'])
    expect(shift(stack(), '0', -1)).toBeNull()
    expect(shift(stack(), '2', 1)).toBeNull()
  })
})

describe('a network with a skip', () => {
  it('puts a layer into the way straight on and leaves the skip', () => {
    const { network, name } = insert(residual(), 'conv1', { type: 'ReLU' })
    expect(name).toBe('relu1')
    expect(wired(network).map(({ name, inputs }) => [name, inputs])).toEqual([
      ['conv1', ['input']],
      ['relu1', ['conv1']],
      ['conv2', ['relu1']],
      ['add', ['conv2', 'conv1']],
      ['relu', ['add']],
    ])
  })
  it('gives what took a layer to what that layer took', () => {
    const gone = wired(remove(residual(), 'conv1'))
    expect(gone.find(({ name }) => name === 'add')!.inputs).toEqual(['conv2', 'input'])
  })
  it('joins another layer', () => {
    expect(setSource(residual(), 'add', 1, 'input').layers[2]!.inputs).toEqual(['conv2', 'input'])
  })
  it('moves within it', () => {
    const moved = move(residual(), 'relu', 'conv1')!
    expect(names(moved.network)).toEqual(['conv1', 'relu', 'conv2', 'add'])
    expect(wired(moved.network).find(({ name }) => name === 'add')!.inputs).toEqual(['conv2', 'conv1'])
  })
})

it('changes one argument only', () => {
  const changed = setArgument(stack(), '0', 'stride', 2)
  expect(changed.layers[0]!.layer).toEqual({ type: 'Conv2d', stride: 2 })
  expect(changed.layers[1]).toEqual(stack().layers[1])
})

it.each([
  ['3', 3],
  [' 0.1 ', 0.1],
  ['3, 5', [3, 5]],
  ['(3, 5)', [3, 5]],
  ['None', null],
  ['(None, 7)', [null, 7]],
  ['"same"', 'same'],
  ['valid', 'valid'],
  ['', undefined],
  ['3,', undefined],
  ['1e5', 1e5],
])('reads %j', (typed, value) => expect(readArgument(typed)).toEqual(value))

it.each([
  [3, '3'],
  [[3, 5], '3, 5'],
  [null, 'None'],
  ['same', 'same'],
  [[null, 7], 'None, 7'],
])('shows %j', (value, text) => expect(showArgument(value)).toBe(text))
