import { inflateRawSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { pack } from '../figure/packing'
import { networkQuery, stackOf, stackQuery, toQuery } from './link'
import { shade } from '../grids/glow'
import { sizesOf } from './network.svelte'

it('packs what another can unpack', async () => {
  const network = { input: [3, 8, 8], layers: [{ layer: { type: 'ReLU' } }] }
  const text = await pack(network)
  expect(text).toMatch(/^[\w-]+$/)
  expect(JSON.parse(inflateRawSync(Buffer.from(text, 'base64url')).toString())).toEqual(network)
})

it('says what is asked', async () => {
  expect(await toQuery({ architecture: 'vgg16' }, { layer: null })).toBe('architecture=vgg16')
  const query = new URLSearchParams(await toQuery({ source: 'nn.ReLU()', input: [3, 4, 5] }, { layer: '0' }))
  expect(Object.fromEntries(query)).toEqual({ source: 'nn.ReLU()', input: '3,4,5', layer: '0' })
})

it('packs a long source, and leaves out one that no address holds', async () => {
  const source = 'nn.ReLU(),\n'.repeat(5000)
  const query = await networkQuery({ source, input: [3, 4, 5] })
  expect(query).toMatchObject({ input: '3,4,5' })
  expect(query!.source).toBeUndefined()
  expect(query!.packed_source!.length).toBeLessThan(1000)
  const inflated = inflateRawSync(Buffer.from(query!.packed_source!, 'base64url')).toString()
  expect(JSON.parse(inflated)).toBe(source)
  let seed = 1
  const noise = Array.from({ length: 60_000 }, () => {
    seed = (seed * 16807) % 2147483647
    return String.fromCharCode(33 + (seed % 90))
  }).join('')
  expect(await networkQuery({ source: noise })).toBeNull()
  expect(await toQuery({ source: noise }, { view: 'field' })).toBe('view=field')
})

describe('a stack in a link', () => {
  it('comes back', () => {
    const stack = stackOf(new URLSearchParams('blocks=20&residual=true&initialisation=he'))
    expect(stack).toMatchObject({ blocks: 20, residual: true, batch_norm: false, initialisation: 'he' })
    expect(stackQuery(stack)).toMatchObject({ blocks: '20', residual: 'true', width: null })
  })
  it('stays within bounds', () => {
    expect(stackOf(new URLSearchParams('blocks=900&width=x&seed=-1'))).toMatchObject({
      blocks: 50,
      width: 16,
      seed: 0,
    })
  })
})

it('reads sizes', () => {
  expect(sizesOf('3, 32, 32')).toEqual([3, 32, 32])
  expect(sizesOf('3×32×32')).toEqual([3, 32, 32])
  expect(sizesOf('3, a')).toEqual([])
})

it('glows where most counts', () => {
  expect(shade(0)).toEqual([0, 0, 30, 235])
  expect(shade(1)).toEqual([255, 176, 0, 235])
})
