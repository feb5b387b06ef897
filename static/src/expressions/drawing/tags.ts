/**
 * Where the number that came back along a wire of a fork stands: on its own wire, as heights stand on the
 * lines of a map, away from other wires, from other such numbers and from what is written at the nodes; or right
 * above it or below, where two wires come to one gate.
 */
import type { Layout, Point } from '../../figure/api'
import { breadth } from '../../numbers/format'
import { along, curveOf, lengthOf } from './curve'
import { wireKey } from '../reveal'
import { overlap, type Box } from './view'

/** Of a number that is not known yet, and of a character of one that is. */
const WIDTH = 60
const CHARACTER = 7.4
const HEIGHT = 22
/** From the wire to the middle of a number above it or below. */
const BESIDE = 11
const CELL = 64
/** Distances from the end of the wire, near to the gate that sends the number back. */
const DISTANCES = [30, 40, 50, 62, 76, 92, 110, 130, 160, 200]
/** Of other wires the ends are looked at, where they come apart and cross. */
const END = 480
const APART = 8

const around = ({ x, y }: Point, width: number, height = HEIGHT): Box => ({
  x: x - width / 2,
  y: y - height / 2,
  width,
  height,
})

/** What stands in a part of the drawing, so that a big one need not be searched as a whole. */
class Shelves<Thing> {
  #shelves = new Map<string, Set<Thing>>()

  put(box: Box, thing: Thing): void {
    for (const key of keysOf(box)) {
      const shelf = this.#shelves.get(key)
      if (shelf) shelf.add(thing)
      else this.#shelves.set(key, new Set([thing]))
    }
  }

  near = (box: Box): Thing[] => [
    ...new Set(keysOf(box).flatMap((key) => [...(this.#shelves.get(key) ?? [])])),
  ]
}

function keysOf({ x, y, width, height }: Box): string[] {
  const keys: string[] = []
  for (let column = Math.floor(x / CELL); column <= Math.floor((x + width) / CELL); column++)
    for (let row = Math.floor(y / CELL); row <= Math.floor((y + height) / CELL); row++)
      keys.push(`${column} ${row}`)
  return keys
}

/** A place for each number, by its wire's key. */
export function tagPlaces(layout: Layout, texts: ReadonlyMap<string, string>): Map<string, Point> {
  const places = new Map<string, Point>()
  if (!texts.size) return places
  const taken = new Shelves<Box>()
  const wires = new Shelves<{ key: string; at: Point }>()
  for (const { x, y, width, height, label } of layout.nodes) {
    const gate = { x: x - width / 2 - 4, y: y - height / 2 - 4, width: width + 8, height: height + 8 }
    const numbers = { x: label.x - 36, y: label.y - 24, width: 72, height: 48 }
    for (const box of [gate, numbers]) taken.put(box, box)
  }
  const curves = layout.wires.map((wire) => {
    const curve = curveOf(wire.points)
    const key = wireKey(wire.source, wire.target, wire.position)
    return { key, curve, length: lengthOf(curve), label: wire.label }
  })
  for (const { key, curve, length } of curves)
    for (let distance = 0; distance < Math.min(END, length); distance += APART) {
      const at = along(curve, 1 - distance / length)
      wires.put({ ...at, width: 0, height: 0 }, { key, at })
    }
  for (const { key, curve, length, label } of curves) {
    const text = texts.get(key)
    if (text === undefined) continue
    const width = text ? breadth(text) * CHARACTER + 6 : WIDTH
    let best = label
    let least = Infinity
    for (const [rank, distance] of DISTANCES.entries()) {
      if (distance > length * 0.8) break
      const on = along(curve, 1 - distance / length)
      for (const beside of [0, -BESIDE, BESIDE]) {
        const at = { x: on.x, y: on.y + beside }
        const box = around(at, width, beside ? HEIGHT * 0.8 : HEIGHT)
        const covered = taken.near(box).filter((other) => overlap(box, other)).length
        // Beside its wire a number is crossed by it too, where the wire is steep.
        const crossed = wires
          .near(box)
          .filter(
            (other) =>
              (other.key !== key || (beside && Math.abs(other.at.y - on.y) > 4)) &&
              overlap(box, { ...other.at, width: 0, height: 0 }),
          ).length
        const cost = covered * 10 + crossed + rank * 0.4 + (beside && 1)
        if (cost < least) [best, least] = [at, cost]
      }
    }
    places.set(key, best)
    const box = around(best, width)
    taken.put(box, box)
  }
  return places
}
