/** Tensors as people write them: lists, numpy's printed arrays, a spreadsheet's cells. */
import type { Nested } from '../figure/api'

export type Read = { value: Nested; says?: undefined } | { value?: undefined; says: string }

/** What a fill is written as: the server makes its numbers. */
export const FILL = /^(?:(?:np|torch)\.)?(zeros|ones|eye|randn)\s*\(([\d\s,()=a-z]*)\)$/i

const plain = (text: string): string =>
  text.trim().replaceAll('\u2212', '-').replaceAll('\u00d7', 'x').replaceAll('\u00a0', ' ')

/** A single entry; a decimal comma will do, since nothing else stands in a cell. */
export function readEntry(typed: string): number | null {
  const text = plain(typed).replace(/^([-+]?\d+),(\d+)$/, '$1.$2')
  if (!/^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(text)) return null
  const number = Number(text)
  return Number.isFinite(number) ? number : null
}

export function readTensor(typed: string): Read {
  const text = plain(typed)
  if (text === '') return { says: 'There is no number yet.' }
  const alone = readEntry(text)
  if (alone !== null) return { value: alone }
  const wrapped = /^(?:np\.|torch\.)?(?:array|tensor|asarray|Tensor)\s*\(([^]*)\)$/.exec(text)
  const inner = wrapped ? wrapped[1]!.replace(/,\s*(?:dtype|device|requires_grad)\s*=[^]*$/, '') : text
  return /[[\]()]/.test(inner) ? readLists(inner) : readRows(inner)
}

/** Nested lists or tuples; commas between entries are as good as spaces. */
function readLists(text: string): Read {
  const tokens = text.match(/[[\]()]|[^[\]()\s,]+/g) ?? []
  const open: Nested[][] = [[]]
  for (const token of tokens) {
    if (token === '[' || token === '(') open.push([])
    else if (token === ']' || token === ')') {
      const done = open.pop()!
      if (!open.length) return { says: 'A bracket closes here that was not opened.' }
      open.at(-1)!.push(done)
    } else {
      const entry = readEntry(token.replace(/\.$/, ''))
      if (entry === null) return { says: `“${token}” is not a number.` }
      open.at(-1)!.push(entry)
    }
  }
  if (open.length > 1)
    return {
      says: `${open.length - 1 === 1 ? 'A bracket is' : `${open.length - 1} brackets are`} not closed.`,
    }
  const [all] = open
  if (all!.length !== 1) return { says: 'There is more than one list.' }
  return even(all![0]!)
}

/** Rows as lines, entries apart by tabs, commas, semicolons or spaces: a spreadsheet's, a file's. */
function readRows(text: string): Read {
  const lines = text.split(/\r?\n|;(?=[^;]*\S)/).filter((line) => line.trim())
  const rows: number[][] = []
  for (const [r, line] of lines.entries()) {
    const cells = line.includes('\t') ? line.split('\t') : line.trim().split(/\s*,\s*|\s+/)
    const row: number[] = []
    for (const [c, cell] of cells.entries()) {
      const entry = readEntry(cell)
      if (entry === null) {
        const what = cell.trim() ? `“${cell.trim()}” is not a number` : 'there is no number'
        return { says: lines.length > 1 ? `Row ${r + 1}, column ${c + 1}: ${what}.` : sentence(what) }
      }
      row.push(entry)
    }
    rows.push(row)
  }
  if (rows.length === 1) return { value: rows[0]! }
  // A column of single numbers is a vector.
  if (rows.every(({ length }) => length === 1)) return { value: rows.map(([entry]) => entry!) }
  return even(rows)
}

/** The value, unless its rows differ in length. */
function even(value: Nested): Read {
  if (!Array.isArray(value)) return { value }
  if (!value.length) return { says: 'An empty list has no value.' }
  const sizes = value.map((row) => (Array.isArray(row) ? row.length : -1))
  const odd = sizes.findIndex((size) => size !== sizes[0])
  if (odd > 0) {
    const [first, other] = [sizes[0]!, sizes[odd]!]
    if (first < 0 || other < 0) return { says: 'Some entries are numbers and some are lists.' }
    return { says: `Row ${odd + 1} has ${counted(other)}, row 1 has ${counted(first)}.` }
  }
  for (const row of value) {
    const read = even(row)
    if (read.says !== undefined) return read
  }
  return { value }
}

const counted = (n: number) => (n === 1 ? '1 number' : `${n} numbers`)
const sentence = (text: string) => text[0]!.toUpperCase() + text.slice(1) + '.'

/** A block of texts put into another at a place, or in place of all of it if it does not fit in there. */
export function placed(texts: string[][], block: string[][], row: number, column: number): string[][] {
  const rows = texts.length
  const columns = texts[0]?.length ?? 0
  const fits = row + block.length <= rows && column + (block[0]?.length ?? 0) <= columns
  const whole = block.length * (block[0]?.length ?? 0) >= rows * columns
  if (!fits || whole) return block
  return texts.map((line, r) => line.map((text, c) => block[r - row]?.[c - column] ?? text))
}

/** Texts with another number of rows and columns: what stays keeps its place, what is new is 0. */
export const resized = (texts: string[][], rows: number, columns: number): string[][] =>
  Array.from({ length: rows }, (_, r) => Array.from({ length: columns }, (_, c) => texts[r]?.[c] ?? '0'))
