/** Dragging a number sideways, on any element. */
import type { Attachment } from 'svelte/attachments'
import { moved, stepOf } from './scrub'

const PIXELS = 6
const SLACK = 4

type Scrub = {
  value: () => number | null
  change: (value: number) => void
  /** The hand has let go, after moving or without. */
  end: (moved: boolean) => void
}

export function scrubbing({ value, change, end }: Scrub): Attachment<HTMLElement | SVGElement> {
  return (element) => {
    let drag: { x: number; from: number; step: number; moving: boolean } | null = null
    const down = (event: Event) => {
      const from = value()
      const pointer = event as PointerEvent
      // The handle on the node's end leads a wire out of it.
      if ((event.target as Element).closest('.lead')) return
      if (from === null || pointer.button !== 0 || element === document.activeElement) return
      drag = { x: pointer.clientX, from, step: stepOf(from), moving: false }
      event.stopPropagation()
    }
    const move = (event: Event) => {
      if (!drag) return
      const pointer = event as PointerEvent
      const distance = pointer.clientX - drag.x
      if (!drag.moving && Math.abs(distance) < SLACK) return
      if (!drag.moving) element.setPointerCapture(pointer.pointerId)
      drag.moving = true
      event.preventDefault()
      change(moved(drag.from, Math.round(distance / PIXELS), drag.step))
    }
    const up = () => {
      if (drag) end(drag.moving)
      drag = null
    }
    const events = [
      ['pointerdown', down],
      ['pointermove', move],
      ['pointerup', up],
      ['pointercancel', up],
    ] as const
    for (const [name, listener] of events) element.addEventListener(name, listener)
    return () => {
      for (const [name, listener] of events) element.removeEventListener(name, listener)
    }
  }
}
