/** A text cut into plain and marked pieces, for the copy of it that lies behind the text area. */

export type Piece = { text: string; kind: 'plain' | 'error' | 'present' }
type Span = readonly [offset: number, length: number]

export function marks(text: string, error: Span | null, present: Span | null): Piece[] {
  const span = error ?? present
  if (!span) return [{ text, kind: 'plain' }]
  const kind = error ? 'error' : 'present'
  // Python counts characters, JavaScript halves of some; cut by characters.
  const characters = [...text]
  const from = Math.min(span[0], characters.length)
  const to = Math.min(from + span[1], characters.length)
  const cut = (start: number, end?: number) => characters.slice(start, end).join('')
  // A mark of no length, as where something is missing at the end, still wants to be seen.
  const marked = to > from ? cut(from, to) : ' '
  return (
    [
      { text: cut(0, from), kind: 'plain' },
      { text: marked, kind },
      { text: cut(to), kind: 'plain' },
    ] as Piece[]
  ).filter((piece) => piece.text !== '')
}
