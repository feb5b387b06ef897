import { expect, test } from 'vitest'
import { approach, fit, held, inside, near, overlap, seen, toDrawing, zoomAt } from './view'

test('fit shows all of it, in the middle', () => {
  const view = fit({ width: 1000, height: 100 }, { width: 548, height: 400 })
  expect(view.scale).toBeCloseTo(0.5)
  expect(view.x).toBeCloseTo(24)
  expect(view.y).toBeCloseTo(175)
  expect(fit({ width: 10, height: 10 }, { width: 500, height: 500 }).scale).toBe(1.6)
})

test('the point under the pointer stays there while zooming', () => {
  const view = { x: 30, y: -10, scale: 0.8 }
  const at = { x: 200, y: 90 }
  expect(toDrawing(zoomAt(view, 1.7, at), at)).toEqual(
    expect.objectContaining({
      x: expect.closeTo(toDrawing(view, at).x),
      y: expect.closeTo(toDrawing(view, at).y),
    }),
  )
  expect(zoomAt(view, 1e9, at).scale).toBe(4)
})

test('the camera comes to rest on its target', () => {
  const target = near({ x: 380, y: 30, width: 40, height: 40 }, { x: 400, y: 50 }, 1, {
    width: 800,
    height: 600,
  })
  let view = { x: 500, y: 500, scale: 0.3 }
  for (let i = 0; i < 200; i++) view = approach(view, target, 16)
  expect(view).toEqual(target)
})

test('what is out of the window is not drawn', () => {
  const box = seen({ x: 0, y: 0, scale: 2 }, { width: 200, height: 100 }, 10)
  expect(box).toEqual({ x: -10, y: -10, width: 120, height: 70 })
  expect(inside(box, { x: 50, y: 20 })).toBe(true)
  expect(inside(box, { x: 500, y: 20 })).toBe(false)
  expect(overlap(box, { x: 100, y: 0, width: 900, height: 900 })).toBe(true)
  expect(overlap(box, { x: 120, y: 0, width: 9, height: 9 })).toBe(false)
})

test('the camera does not look past the edge of the drawing', () => {
  const drawing = { width: 1000, height: 100 }
  const window = { width: 500, height: 300 }
  expect(held({ x: 200, y: -40, scale: 1 }, drawing, window, 20)).toEqual({ x: 20, y: 100, scale: 1 })
  expect(held({ x: -900, y: 0, scale: 1 }, drawing, window, 20).x).toBe(-520)
  expect(held({ x: -300, y: 0, scale: 1 }, drawing, window, 20).x).toBe(-300)
})
