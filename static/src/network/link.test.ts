import { inflateRawSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { pack, stackOf, stackQuery, toQuery } from './link'
import { shade } from './heat'
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
