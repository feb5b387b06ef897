/** Classes of one's own: what they are called, their pictures, and what the network made of them. */
import type { Problem } from '../figure/api'
import { Figure } from '../figure/figure.svelte'
import { json, post } from '../figure/server'
import { CLASSES, PICTURES, TRAINED, type Answer, type Class, type Named, type Question } from './types'

/** A picture by the place of its class and its own in it. */
export type Place = readonly [of: number, at: number]

export const EMPTY: readonly Class[] = [
  { name: 'class 1', pictures: [] },
  { name: 'class 2', pictures: [] },
]

const isClass = (row: unknown): row is Class => {
  const { name, pictures } = (row ?? {}) as Partial<Class>
  return typeof name === 'string' && Array.isArray(pictures) && pictures.every((at) => typeof at === 'string')
}

/** What can be shown of a question, which may be one that the server has refused. */
function readable({ classes, seed, modules }: Record<string, unknown>): Question {
  const rows: unknown[] = Array.isArray(classes) ? classes : []
  const shown = rows.every(isClass) && rows.length >= CLASSES[0] && rows.length <= CLASSES[1]
  return {
    classes: shown ? (rows as Class[]) : EMPTY,
    seed: Number.isInteger(seed) ? Number(seed) : 0,
    modules: Number(modules) in TRAINED ? Number(modules) : 0,
  }
}

export class Teaching extends Figure<Question, Answer> {
  /** The picture that one looks at. */
  place = $state.raw<Place | null>(null)
  /** Whether the answer is to what stands there now. */
  fresh = $derived(this.answer !== null && this.answered === this.question)
  /** Those that the server got wrong; where there are none, all. The surest mistake comes first. */
  tour = $derived.by<Place[]>(() => {
    if (!this.fresh) return []
    const all = this.answer!.pictures.flatMap((row, of) => row.map((named, at) => ({ named, at, of })))
    const wrong = all.filter(({ named }) => !named.right)
    wrong.sort((a, b) => b.named.margin - a.named.margin)
    const unsure = [...all].sort((a, b) => a.named.margin - b.named.margin)
    return (wrong.length ? wrong : unsure).map(({ of, at }) => [of, at] as const)
  })
  /** What keeps it from being taught, in words. */
  lacks = $derived.by<string>(() => {
    const few = this.question.classes.find(({ pictures }) => pictures.length < PICTURES[0])
    return few ? `${few.name || 'A class'} needs ${PICTURES[0]} pictures at least.` : ''
  })

  constructor(question: Record<string, unknown>) {
    super(readable(question), (asked, signal) => post<Answer>('/api/teach', asked, signal, json))
  }

  begin(answer: Answer | null, problem: Problem | null): this {
    this.answer = answer
    this.answered = answer && this.question
    this.problem = problem
    this.place = this.tour[0] ?? null
    return this
  }

  async teach(): Promise<void> {
    if (this.lacks || !(await this.ask(this.question))) return
    this.place = this.tour[0] ?? null
  }

  named(of: number, at: number): Named | null {
    return this.fresh ? (this.answer?.pictures[of]?.[at] ?? null) : null
  }

  /** Along the tour; false at its end, so that a page goes on. */
  step(way: 1 | -1): boolean {
    const at = this.tour.findIndex(([of, at]) => of === this.place?.[0] && at === this.place[1])
    const next = this.tour[at < 0 ? 0 : at + way]
    if (next) this.place = next
    return next !== undefined
  }

  #classes(classes: readonly Class[], kind = ''): void {
    this.problem = null
    this.put({ ...this.question, classes }, kind)
  }
  #change(of: number, change: (row: Class) => Class, kind = ''): void {
    this.#classes(
      this.question.classes.map((row, i) => (i === of ? change(row) : row)),
      kind,
    )
  }

  rename = (of: number, name: string): void => this.#change(of, (row) => ({ ...row, name }), `name ${of}`)

  /** As many as a class still takes; how many that were. */
  add(of: number, pictures: readonly string[]): number {
    const room = PICTURES[1] - (this.question.classes[of]?.pictures.length ?? PICTURES[1])
    const taken = pictures.slice(0, room)
    if (taken.length) this.#change(of, (row) => ({ ...row, pictures: [...row.pictures, ...taken] }))
    return taken.length
  }

  remove(of: number, at: number): void {
    this.#change(of, (row) => ({ ...row, pictures: row.pictures.filter((_, i) => i !== at) }))
    this.place = null
  }

  clear = (of: number): void => this.#change(of, (row) => ({ ...row, pictures: [] }))

  addClass(): void {
    const { classes } = this.question
    const taken = classes.map(({ name }) => name)
    let number = classes.length + 1
    while (taken.includes(`class ${number}`)) number++
    if (classes.length < CLASSES[1]) this.#classes([...classes, { name: `class ${number}`, pictures: [] }])
  }

  removeClass(of: number): void {
    if (this.question.classes.length > CLASSES[0])
      this.#classes(this.question.classes.filter((_, i) => i !== of))
    this.place = null
  }

  choose(classes: readonly Class[]): void {
    // What was made of others says nothing of an empty sheet.
    if (classes === EMPTY) this.forget()
    this.#classes(classes)
    this.place = null
  }

  train = (modules: number): void => {
    this.problem = null
    this.put({ ...this.question, modules }, 'modules')
  }

  seed = (seed: number): void => this.put({ ...this.question, seed }, 'seed')

  /** Nothing is asked again by itself: teaching is what one does. */
  protected override restored(): void {
    this.problem = null
    this.place = null
  }
}

/** Where a browser gets a picture from. */
export function addressOf(picture: string, size: number): string {
  if (picture.startsWith('data:')) return picture
  const [name, cut] = picture.split('/').map(encodeURIComponent)
  return `/api/${cut ? `cuts/${name}/${cut}` : `images/${name}`}?size=${size}`
}
