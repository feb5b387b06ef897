/** Where the drawing stands in its window: pure pan, zoom and camera. */
import type { Point } from '../../figure/api'

export type View = { x: number; y: number; scale: number }
export type Size = { width: number; height: number }
export type Box = { x: number; y: number; width: number; height: number }

export const MIN_SCALE = 0.04
export const MAX_SCALE = 4

/** The whole drawing, centered below `top`, not blown up beyond `most`. */
export function fit(drawing: Size, window: Size, margin = 24, most = 1.6, top = 0): View {
  const height = window.height - top
  const scale = Math.max(
    MIN_SCALE,
    Math.min(
      most,
      (window.width - 2 * margin) / Math.max(1, drawing.width),
      (height - 2 * margin) / Math.max(1, drawing.height),
    ),
  )
  return {
    scale,
    x: (window.width - drawing.width * scale) / 2,
    y: top + (height - drawing.height * scale) / 2,
  }
}

/** Zoom by a factor about a point of the window, which stays where it is. */
export function zoomAt(view: View, factor: number, at: Point): View {
  const scale = Math.min(MAX_SCALE, Math.max(MIN_SCALE, view.scale * factor))
  const ratio = scale / view.scale
  return { scale, x: at.x - (at.x - view.x) * ratio, y: at.y - (at.y - view.y) * ratio }
}

/** All of a box of the drawing, and `at` as near to the middle of the window as that allows. */
export function near(box: Box, at: Point, most: number, window: Size, margin = 12): View {
  const room = Math.min(
    (window.width - 2 * margin) / Math.max(1, box.width),
    (window.height - 2 * margin) / Math.max(1, box.height),
  )
  const scale = Math.max(MIN_SCALE, Math.min(most, room))
  const place = (middle: number, start: number, length: number, size: number) =>
    Math.min(
      size - margin - (start + length) * scale,
      Math.max(margin - start * scale, size / 2 - middle * scale),
    )
  return {
    scale,
    x: place(at.x, box.x, box.width, window.width),
    y: place(at.y, box.y, box.height, window.height),
  }
}

/** The view moved no further than needed for the drawing to fill the window, or to be all in it. */
export function held(view: View, drawing: Size, window: Size, margin = 24): View {
  const hold = (at: number, size: number, room: number) =>
    size * view.scale + 2 * margin <= room
      ? (room - size * view.scale) / 2
      : Math.min(margin, Math.max(room - margin - size * view.scale, at))
  return {
    scale: view.scale,
    x: hold(view.x, drawing.width, window.width),
    y: hold(view.y, drawing.height, window.height),
  }
}

/** The view as far as a hand may push it: a small drawing stays in the window, a large one covers most of it. */
export function kept(view: View, drawing: Size, window: Size): View {
  const keep = (at: number, size: number, room: number) => {
    const slack = size <= room ? 0 : room * 0.3
    return Math.min(Math.max(0, room - size) + slack, Math.max(Math.min(0, room - size) - slack, at))
  }
  return {
    scale: view.scale,
    x: keep(view.x, drawing.width * view.scale, window.width),
    y: keep(view.y, drawing.height * view.scale, window.height),
  }
}

/** One frame of a camera on its way: a share of what is left, so that it slows down as it arrives. */
export function approach(view: View, target: View, elapsed: number): View {
  const share = 1 - Math.exp(-elapsed / 160)
  const step = (from: number, to: number) => (Math.abs(to - from) < 0.01 ? to : from + (to - from) * share)
  return { x: step(view.x, target.x), y: step(view.y, target.y), scale: step(view.scale, target.scale) }
}

/** What of the drawing can be seen, with room for what sticks out of a node. */
export function seen(view: View, window: Size, room = 120): Box {
  return {
    x: -view.x / view.scale - room,
    y: -view.y / view.scale - room,
    width: window.width / view.scale + 2 * room,
    height: window.height / view.scale + 2 * room,
  }
}

export const inside = (box: Box, point: Point): boolean =>
  point.x >= box.x && point.x <= box.x + box.width && point.y >= box.y && point.y <= box.y + box.height

export const overlap = (a: Box, b: Box): boolean =>
  a.x <= b.x + b.width && b.x <= a.x + a.width && a.y <= b.y + b.height && b.y <= a.y + a.height

export const toDrawing = (view: View, at: Point): Point => ({
  x: (at.x - view.x) / view.scale,
  y: (at.y - view.y) / view.scale,
})
