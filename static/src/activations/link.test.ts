import { expect, test } from 'vitest'
import { FIRST_SIGHT, sightOf, toQuery } from './link'

test('what differs from a first look is in the link, and comes back', async () => {
  const sight = {
    view: 'unit',
    layer: 'features.3',
    channel: 7,
    row: 12,
    column: 0,
    show: 'product',
    scale: 'map' as const,
    maps: 'part' as const,
  } as const
  const asked = { model: 'squeezenet1_1', image: 'chelsea', target: 0, of: 'loss' } as const
  const query = new URLSearchParams(await toQuery(asked, sight, true))
  expect(Object.fromEntries(query)).toMatchObject({
    model: 'squeezenet1_1',
    image: 'chelsea',
    target: '0',
    of: 'loss',
    projector: '1',
  })
  expect(sightOf(query)).toEqual(sight)
})

test('a first look has a short link, without pictures or weights of one’s own', async () => {
  const asked = { model: 'digits', image: 'data:image/png;base64,AAAA', weights: 'AAAA', target: null }
  expect(await toQuery(asked, FIRST_SIGHT, false)).toBe('model=digits')
  expect(sightOf(new URLSearchParams('model=digits'))).toEqual(FIRST_SIGHT)
})

test('a network of one’s own comes with its seed', async () => {
  const asked = { source: 'Conv2d(3, 4, 3)', input: [3, 8, 8], seed: 5, image: 'coffee' }
  const query = new URLSearchParams(await toQuery(asked, FIRST_SIGHT, false))
  expect(query.get('source')).toBe('Conv2d(3, 4, 3)')
  expect(query.get('input')).toBe('3,8,8')
  expect(query.get('seed')).toBe('5')
})

test('nonsense in a link is a first look', () => {
  expect(sightOf(new URLSearchParams('view=x&channel=-1&row=1.5&show=all'))).toEqual(FIRST_SIGHT)
})
