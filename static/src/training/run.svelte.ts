/** A run: its settings, its frames as the server sends them, and where among them one looks. */
import type { Problem } from '../figure/api'
import { askEvents, inLine, type Told } from '../figure/events'
import type { Follower, Shared } from '../figure/figure.svelte'
import { patiently, type Reply, type Waiting } from '../figure/server'
import type { ExperimentRow, Frame, Own, Setting, Settings } from './types'

/** What a setting is called that holds from the change on. */
export const THEN = '_then'
const PAUSE_MILLISECONDS = 180
/** Until then the first frame may well be on its way. */
const LONG_MILLISECONDS = 700
const STILL = '(prefers-reduced-motion: reduce)'

/** What another window needs to know of a run beside its frames. */
const ALSO = ['settings', 'own', 't', 'running', 'waited', 'waiting', 'problem'] as const
/** In another window each frame has a name of its own: what is told of a run is what has come since. */
const nameOf = (place: number): string => `frame ${place}`

export class Run implements Follower {
  row = $state.raw() as ExperimentRow
  /** Those that are not as they come. */
  settings = $state.raw<Settings>({})
  /** The network, or the points, that were brought along. */
  own = $state.raw<Own>({})
  frames = $state.raw<readonly Frame[]>([])
  /** Which frame one looks at, as the player counts. */
  t = $state(0)
  playing = $state(false)
  /** Whether one looks at the newest frame, whatever comes. */
  abreast = $state(false)
  running = $state(false)
  problem = $state.raw<Problem | null>(null)
  waiting = $state.raw<Waiting | null>(null)
  newest = $derived(Math.max(0, this.frames.length - 1))
  at = $derived(Math.max(0, Math.min(Math.floor(this.t + 1e-9), this.newest)))
  frame = $derived<Frame | null>(this.frames[this.at] ?? null)
  data = $derived(this.frames[0]?.data ?? null)
  /** What the curves of the chart are called. */
  curves = $derived(this.data?.curves ?? ['training', 'validation'])
  /** Whether the first frame has been long in coming: a worker starts, or others come first. */
  waited = $state(false)
  /** The place of the last frame, as far as it is known. */
  last = $derived(this.running ? (this.frames[0]?.steps ?? 1) : Math.max(1, this.newest))
  track = $derived({ forward: this.last, count: this.last, milliseconds: this.row.milliseconds })
  /** Which run of all windows' it is. */
  #number = $state(0)
  #run: AbortController | null = null
  #come = 0
  /** The number of the last frame that came. */
  #heard = 0
  /** Of a run that takes the place of another, the frames until it has come as far as one looks. */
  #aside: Frame[] | null = null
  /** Whether what was brought along has changed since such a run was asked for. */
  #again = false
  /** The step to look on from once it has come. */
  #from: number | null = null
  /** The frame to stay at once it has come, for who has set nothing and is shown no motion. */
  #telling: number | null = null
  /** Whether it plays once there is something to be seen. */
  #plays = false
  #late: ReturnType<typeof setTimeout> | undefined
  #soon: ReturnType<typeof setTimeout> | undefined

  constructor(row: ExperimentRow, settings: Settings, own: Own = {}) {
    this.row = row
    this.settings = settings
    this.own = own
  }

  valueOf(name: string): Setting {
    const row = this.row.settings.find((setting) => setting.name === name)
    return this.settings[name] ?? row?.default ?? 0
  }

  /** Others than they come; one that is as it comes need not be said. */
  set(change: Settings): void {
    const next = { ...this.settings, ...change }
    for (const { name, default: first } of this.row.settings) if (next[name] === first) delete next[name]
    this.settings = next
    this.#telling = null
    clearTimeout(this.#soon)
    this.#soon = setTimeout(() => void this.#ask(), PAUSE_MILLISECONDS)
    const turn = Number(next['turn'] ?? 0)
    if (turn && Object.keys(change).every((name) => name === 'turn' || name.endsWith(THEN))) {
      this.playing = false
      this.#from = turn
      return
    }
    // Who has seen the end of a run wants to see what has become of it, not all of it again.
    if (this.frames.length && this.t >= this.newest) this.abreast = true
  }

  /** Whether something may be changed on the way, and from which step on it would be now. */
  get turns(): number | null {
    return this.row.settings.some(({ name }) => name === 'turn') ? (this.frame?.at ?? 0) : null
  }

  /** From where one looks on, what may be changed on the way is a setting of its own. */
  turn(): void {
    const change: Settings = { turn: this.turns ?? 0 }
    for (const { name } of this.row.settings)
      if (name.endsWith(THEN)) change[name] = this.valueOf(name.slice(0, -THEN.length))
    this.set(change)
  }

  /** Points that were added, moved or taken away. What one looks at stays in sight until the new run has
   * come as far; while it comes, the newest of further changes waits, so that a drag is followed. */
  add(added: number[][]): void {
    const { added: _, ...rest } = this.own
    this.own = added.length ? { ...rest, added } : rest
    this.#again = this.#aside !== null
    if (!this.#again) void this.#ask(true)
  }

  /** The settings and nothing else: what else was set is as it comes again. */
  choose(settings: Settings): void {
    this.settings = settings
    this.own = {}
    this.start()
  }

  open(row: ExperimentRow): void {
    if (row === this.row) return
    this.stop()
    this.frames = []
    this.row = row
    this.choose({})
  }

  /** From its first frame on; where nothing is to move, its end. */
  start(still = matchMedia(STILL).matches): void {
    this.abreast = still
    this.playing = false
    this.#from = null
    const set = Object.keys(this.settings).length > 0 || Object.keys(this.own).length > 0
    this.#telling = still && !set ? this.row.opens : null
    this.#plays = !still
    this.t = 0
    void this.#ask()
  }

  async #ask(aside = false): Promise<void> {
    this.stop()
    this.#aside = aside ? [] : null
    const run = new AbortController()
    this.#run = run
    this.#number = Math.random()
    this.running = true
    this.problem = null
    this.#come = this.#heard = 0
    this.#late = setTimeout(() => (this.waited = true), LONG_MILLISECONDS)
    const question = { ...this.settings, ...this.own }
    const ask = (): Promise<Reply<true>> =>
      askEvents(`/api/experiments/${this.row.name}`, question, this.#heard, run.signal, (event) => {
        if (this.#run === run) this.#take(event)
      })
    const told = (waiting: Waiting | null): void => {
      if (this.#run === run) this.waiting = waiting
    }
    try {
      const { problem } = await patiently(ask, run.signal, told)
      if (problem) this.problem = problem
    } catch {
      // Left.
    }
    if (this.#run !== run) return
    const again = this.#again
    this.#end()
    if (again) void this.#ask(true)
  }

  /** The first frame takes the place of all that there were; a run that is broken off goes on after its last. */
  #take(event: Told): void {
    const { name, data, id = 0 } = event
    this.waiting = inLine(event)
    if (this.waiting) this.#settle()
    if (name === 'problem') this.problem = data as Problem
    if (name !== 'frame') return
    this.#settle()
    this.#heard = id
    const frame = data as Frame
    if (this.#aside) {
      this.#aside.push(frame)
      const far = this.#aside.length > Math.max(this.at, this.#come)
      if (!far && !frame.stopped && frame.step < frame.steps) return
      this.frames = [...this.#aside]
      this.#come = this.frames.length
      return
    }
    this.frames = this.#come++ ? [...this.frames, frame] : [frame]
    if (this.#from !== null && frame.at >= this.#from) {
      this.#from = null
      this.abreast = matchMedia(STILL).matches
      this.t = this.newest
      this.#plays = !this.abreast
    }
    if (this.abreast) this.t = this.newest
    if (this.#telling !== null && frame.at >= this.#telling) {
      this.#telling = null
      this.abreast = false
    }
    if (this.#plays) this.playing = true
    this.#plays = false
  }

  #settle(): void {
    clearTimeout(this.#late)
    this.waited = false
  }

  /** Nobody looks ahead of what has come. */
  hold(): void {
    if (this.t > this.newest) this.t = this.newest
  }

  /** Where it stands, for another window. */
  get shared(): Shared {
    const frames = this.frames.map((frame, place) => [nameOf(place), frame] as const)
    const also = ALSO.map((name) => [name, this[name]] as const)
    return { number: this.#number, count: frames.length, ...Object.fromEntries([...also, ...frames]) }
  }

  /** Stands where it does in another window, which alone asks the server: a run of this one's own ends. */
  follows(shared: Shared): Promise<void> {
    const { number = this.#number, count = 0 } = shared as { number?: number; count?: number }
    if (number !== this.#number) {
      this.stop()
      this.playing = this.abreast = this.#plays = false
      this.#from = null
      this.#number = number
    }
    const frames = Array.from({ length: count }, (_, place) => shared[nameOf(place)] as Frame)
    if (
      count &&
      (count !== this.frames.length || frames.some((frame, place) => frame !== this.frames[place]))
    )
      this.frames = frames
    for (const name of ALSO) if (name in shared) Reflect.set(this, name, shared[name])
    return Promise.resolve()
  }

  stop(): void {
    clearTimeout(this.#soon)
    this.#run?.abort()
    this.#end()
  }

  /** Nothing comes any more; what was changed meanwhile is still to be asked. */
  #end(): void {
    this.#settle()
    this.#run = null
    this.#aside = null
    this.#again = false
    this.waiting = null
    this.running = false
  }
}
