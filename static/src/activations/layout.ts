/**
 * Where everything of the overview is: a column for each depth, in it a mosaic for each layer with maps.
 * A layer and the pointwise ones that follow it (conv, batch norm, ReLU) share a place. Pure arithmetic on
 * places, nothing on numbers that are shown.
 */
import type { LayerRow, Rank } from './types'

export type Group = {
  /** The layer with a window, and those that follow it, in order. */
  layers: LayerRow[]
  name: string
  /** Channels, height and width of what comes out; a vector's places are channels of one pixel. */
  shape: readonly [number, number, number]
  sources: string[]
  /** Joins or flattens what the columns before it show already: drawn as a knot. */
  knot: boolean
  /** The channels that are drawn, in this order. */
  shown: readonly number[]
}
export type Place = {
  group: Group
  x: number
  y: number
  width: number
  height: number
  /** The side of a map, without the gap, and how many stand side by side. */
  cell: readonly [width: number, height: number]
  across: number
}
export type Wire = { source: string; target: string; path: string }
/** A name over or under some columns; `room` is what it may take without touching its neighbours. */
export type Span = { text: string; x: number; width: number; room: number }
export type Layout = { places: Place[]; wires: Wire[]; modules: Span[]; sides: Span[]; width: number }

export const MAP_GAP = 1
/** What is left free at both ends, for the names of narrow columns. */
export const EDGE = 22
const STACK_GAP = 12
const KNOT = 8
/** The side of a map at most: so much, or a share of the room, on a wall. */
const largestIn = (height: number): number => Math.max(84, height / 6)
/** A number has no inside to look at: it grows only where there is room to spare. */
const USUAL_NUMBER = 7
const FEW = 32
const LARGEST_NUMBER = 22
const SMALLEST = 2
const WORTH = 10
const LANE = 7
/** So many maps of a layer stand unfolded at first; a few more are not worth a fold. */
const STRONGEST = 8
const UNFOLDED = 12
/** Beside maps of one size a number needs no more than this. */
const BESIDE_MAPS = 18

/** The layers in their places; `open` names places of which every map is drawn, whatever the order. */
export function groupsOf(
  layers: readonly LayerRow[],
  rank: Rank = 'all',
  open: readonly string[] = [],
): Group[] {
  const groups = placesOf(layers)
  for (const group of groups) {
    const [channels] = group.shape
    const all = rank === 'all' || channels <= UNFOLDED || open.includes(group.name)
    group.shown = all
      ? Array.from({ length: channels }, (_, channel) => channel)
      : strongestOf(group.layers.at(-1)!, rank).slice(0, STRONGEST)
  }
  return groups
}

/** In the server's order; the first channels until it is there. */
function strongestOf({ strongest }: LayerRow, rank: Rank): readonly number[] {
  const found = (rank === 'part' ? strongest?.part : null) ?? strongest?.size
  return found?.channels ?? Array.from({ length: STRONGEST }, (_, channel) => channel)
}

function placesOf(layers: readonly LayerRow[]): Group[] {
  const groups: Group[] = []
  const home: Record<string, Group> = {}
  for (const layer of layers) {
    const shared = layer.follows === null ? undefined : home[layer.follows]
    if (shared) {
      shared.layers.push(layer)
      home[layer.name] = shared
      continue
    }
    const group: Group = {
      layers: [layer],
      name: layer.name,
      shape: shapeOf(layer.shape),
      sources: [...new Set(layer.inputs.map((name) => home[name]?.name ?? name))],
      knot: layer.type === 'Concat' || layer.type === 'Flatten',
      shown: [],
    }
    home[layer.name] = group
    groups.push(group)
  }
  return groups
}

export function shapeOf(shape: readonly number[]): [number, number, number] {
  const [channels = 1, height = 1, width = 1] = shape
  return [channels, height, width]
}

/** How large a map is drawn beside the others: by the root of its side, roughly. */
function weightOf([, height, width]: Group['shape'], most: number): number {
  const side = Math.max(height, width)
  return side === 1 ? 0.25 : (side / most) ** 0.4
}

function columnsOf(groups: readonly Group[]): Group[][] {
  const depth: Record<string, number> = {}
  const columns: Group[][] = []
  for (const group of groups) {
    const at = 1 + Math.max(-1, ...group.sources.map((name) => depth[name] ?? -1))
    depth[group.name] = at
    ;(columns[at] ??= []).push(group)
  }
  return columns
}

type Block = Omit<Place, 'x' | 'y' | 'group'>

function blockOf(group: Group, side: number, height: number): Block {
  if (group.knot) return { width: KNOT, height: KNOT, cell: [0, 0], across: 0 }
  const [, rows, columns] = group.shape
  const channels = group.shown.length
  const most = Math.max(rows, columns)
  const cell = [columns, rows].map((n) => Math.max(SMALLEST, Math.round((side * n) / most))) as [
    number,
    number,
  ]
  const down = Math.max(1, Math.floor((height + MAP_GAP) / (cell[1] + MAP_GAP)))
  return sized(channels, cell, Math.ceil(channels / down))
}

function sized(channels: number, cell: readonly [number, number], across: number): Block {
  const down = Math.ceil(channels / across)
  return {
    cell,
    across,
    width: across * (cell[0] + MAP_GAP) - MAP_GAP,
    height: down * (cell[1] + MAP_GAP) - MAP_GAP,
  }
}

/** How large the maps are drawn: in proportion to their size, or, with a least side, all alike. */
type Measure = { most: number; least: number | null; height: number; between: number }

function sideOf({ shape, shown }: Group, scale: number, { most, least, height }: Measure): number {
  const few = shown.length <= FEW
  const number = shape[1] * shape[2] === 1
  if (least !== null && number) return few ? BESIDE_MAPS : USUAL_NUMBER
  if (least !== null) return Math.min(largestIn(height), Math.max(least, scale))
  const usual = few ? 2 * USUAL_NUMBER : USUAL_NUMBER
  const largest = number ? usual : largestIn(height)
  return Math.min(largest, Math.max(few ? 5 : SMALLEST, scale * weightOf(shape, most)))
}

/** A column's blocks; each has a share of the height by the room that its maps take. */
function stack(column: readonly Group[], scale: number, measure: Measure): Block[] {
  const sides = column.map((group) => sideOf(group, scale, measure))
  const room = column.map((group, i) => (group.knot ? 1 : group.shown.length * sides[i]! ** 2))
  const whole = room.reduce((sum, each) => sum + each, 0)
  const free = measure.height - measure.between * (column.length - 1)
  return column.map((group, i) => blockOf(group, sides[i]!, Math.max(sides[i]!, (free * room[i]!) / whole)))
}

/** Makes a column's maps larger, a pixel at a time, as long as they have room as they stand. */
function grow(
  column: readonly Group[],
  blocks: Block[][],
  i: number,
  { height, between }: Measure,
  fits: () => boolean,
): void {
  for (;;) {
    const before = blocks[i]!
    const after = before.map((block, j) => larger(column[j]!, block, largestIn(height)))
    const tall = after.reduce((sum, block) => sum + block.height + between, -between)
    blocks[i] = after
    if (tall > height || after.every((block, j) => block === before[j]) || !fits()) {
      blocks[i] = before
      return
    }
  }
}

function larger(group: Group, block: Block, largest: number): Block {
  const [, rows, columns] = group.shape
  const side = Math.max(...block.cell) + 1
  const most = Math.max(rows, columns)
  if (group.knot || side > (most === 1 ? LARGEST_NUMBER : largest)) return block
  const cell = [columns, rows].map((n) => Math.max(SMALLEST, Math.round((side * n) / most))) as [
    number,
    number,
  ]
  return sized(group.shown.length, cell, block.across)
}

export type Room = {
  width: number
  height: number
  gap: number
  zoom?: number
  /** The least side of a map; without one maps are drawn in proportion, as small as it takes. */
  least?: number | null
  /** What is left free under each place. */
  foot?: number
}

export function layoutOf(
  groups: readonly Group[],
  { width, height: whole, gap, zoom = 1, least = null, foot = 0 }: Room,
): Layout {
  const columns = columnsOf(groups)
  const most = Math.max(2, ...groups.map(({ shape }) => Math.max(shape[1], shape[2])))
  const lanes = lanesOf(columns)
  const top = lanes.count * LANE
  const height = whole - foot
  const measure = { most, least, height: height - top, between: STACK_GAP + foot }
  const stacked = (scale: number) => columns.map((column) => stack(column, scale, measure))
  const widthOf = (blocks: Block[][]) =>
    blocks.reduce((sum, column) => sum + Math.max(...column.map((block) => block.width)) + gap, -gap)

  // The largest maps with which the whole network fits; larger ones when one looks closer.
  let [low, high] = [SMALLEST, largestIn(height)]
  for (let i = 0; i < 24; i++) {
    const scale = (low + high) / 2
    if (widthOf(stacked(scale)) <= width) low = scale
    else high = scale
  }
  // Looked at closer, a map is worth looking at, however little room there is.
  const closer = zoom > 1 ? Math.max(low, least ?? WORTH) * zoom : low
  const blocks = stacked(Math.min(largestIn(height), closer))
  const wide = Math.max(width, widthOf(blocks))
  columns.forEach((column, i) => grow(column, blocks, i, measure, () => widthOf(blocks) <= wide))

  const places: Place[] = []
  let x = Math.max(0, (width - widthOf(blocks)) / 2)
  columns.forEach((column, i) => {
    const wide = Math.max(...blocks[i]!.map((block) => block.width))
    const tall = blocks[i]!.reduce((sum, block) => sum + block.height + measure.between, -measure.between)
    let y = top + Math.max(0, (height - top - tall) / 2)
    column.forEach((group, j) => {
      const block = blocks[i]![j]!
      places.push({ group, ...block, x: Math.round(x + (wide - block.width) / 2), y: Math.round(y) })
      y += block.height + measure.between
    })
    x += wide + gap
  })
  return {
    places,
    wires: wiresOf(places, lanes.of, gap),
    modules: modulesOf(places),
    sides: sidesOf(places),
    width: Math.max(width, x - gap),
  }
}

/** Wires that pass over columns run above them, each in a lane of its own where they would meet. */
function lanesOf(columns: readonly (readonly Group[])[]): { of: Record<string, number>; count: number } {
  const at: Record<string, number> = {}
  columns.forEach((column, i) => column.forEach(({ name }) => (at[name] = i)))
  const ends: number[] = []
  const of: Record<string, number> = {}
  for (const group of columns.flat())
    for (const source of group.sources) {
      const [from, to] = [at[source], at[group.name]!]
      if (from === undefined || to - from < 2) continue
      let lane = ends.findIndex((end) => end <= from)
      if (lane < 0) lane = ends.length
      ends[lane] = to
      of[`${source} ${group.name}`] = lane
    }
  return { of, count: ends.length }
}

function wiresOf(places: readonly Place[], lanes: Record<string, number>, gap: number): Wire[] {
  const by = Object.fromEntries(places.map((place) => [place.group.name, place]))
  return places.flatMap((target) =>
    target.group.sources.flatMap((name) => {
      const source = by[name]
      if (!source) return []
      const [x1, y1] = [source.x + source.width, source.y + source.height / 2]
      const [x2, y2] = [target.x, target.y + target.height / 2]
      const lane = lanes[`${name} ${target.group.name}`]
      const bend = gap * 0.6
      const path =
        lane === undefined
          ? `M${x1} ${y1}C${x1 + (x2 - x1) / 2} ${y1} ${x2 - (x2 - x1) / 2} ${y2} ${x2} ${y2}`
          : over(x1, y1, x2, y2, 3 + lane * LANE, bend)
      return [{ source: name, target: target.group.name, path }]
    }),
  )
}

function over(x1: number, y1: number, x2: number, y2: number, y: number, bend: number): string {
  const [up, down] = [x1 + bend, x2 - bend]
  return `M${x1} ${y1}C${up} ${y1} ${up} ${y1} ${up} ${y1 - bend}V${y + bend}Q${up} ${y} ${up + bend} ${y}H${down - bend}Q${down} ${y} ${down} ${y + bend}V${y2 - bend}C${down} ${y2} ${down} ${y2} ${x2} ${y2}`
}

function spansOf(places: readonly Place[], textOf: (place: Place) => string): Span[] {
  const spans: { text: string; x: number; end: number }[] = []
  for (const place of places) {
    const text = textOf(place)
    const last = spans.at(-1)
    const end = place.x + place.width
    // Of paths that stand one above the other, the first gives the name.
    if (last && (last.text === text || place.x < last.end)) {
      last.x = Math.min(last.x, place.x)
      last.end = Math.max(last.end, end)
    } else spans.push({ text, x: place.x, end })
  }
  return spans.map(({ text, x, end }, i) => {
    const before = (x - (spans[i - 1]?.end ?? x - 2 * EDGE)) / 2
    const after = ((spans[i + 1]?.x ?? end + 2 * EDGE) - end) / 2
    return { text, x, width: end - x, room: end - x + 2 * Math.max(0, Math.min(before, after)) }
  })
}

/** What has a name in common stands under it: `features.3` over its squeeze and its expands. */
function modulesOf(places: readonly Place[]): Span[] {
  return spansOf(
    places.filter(({ group }) => !group.knot),
    ({ group }) => (/\.\D[^.]*$/.test(group.name) ? group.name.replace(/\.[^.]*$/, '') : group.name),
  )
}

/** Stretches of columns whose maps are of one size. */
function sidesOf(places: readonly Place[]): Span[] {
  return spansOf(
    places.filter(({ group }) => !group.knot),
    ({ group: { shape } }) => (shape[1] * shape[2] === 1 ? 'numbers' : `${shape[1]} × ${shape[2]}`),
  )
}

/** Which map and which of its pixels a point of a mosaic is on; null between the maps. */
export function pointed(
  { cell, across, group }: Pick<Place, 'cell' | 'across' | 'group'>,
  x: number,
  y: number,
): { channel: number; row: number; column: number } | null {
  const [, height, width] = group.shape
  const [wide, high] = [cell[0] + MAP_GAP, cell[1] + MAP_GAP]
  const [i, j] = [Math.floor(x / wide), Math.floor(y / high)]
  const channel = group.shown[j * across + i]
  if (i < 0 || j < 0 || i >= across || channel === undefined) return null
  const share = (at: number, size: number, count: number) =>
    Math.min(count - 1, Math.max(0, Math.floor((at / size) * count)))
  return {
    channel,
    row: share(y - j * high, cell[1], height),
    column: share(x - i * wide, cell[0], width),
  }
}

/** Where a channel's map stands in its place; null where it is folded away. */
export function cornerOf(
  { cell, across, group }: Pick<Place, 'cell' | 'across' | 'group'>,
  channel: number,
): [number, number] | null {
  const at = group.shown.indexOf(channel)
  if (at < 0) return null
  return [(at % across) * (cell[0] + MAP_GAP), Math.floor(at / across) * (cell[1] + MAP_GAP)]
}
