// The windows of one lesson are one: which screen is shown is told to all of them, in numbered messages.
type Message = { number: number; shown?: number; asks?: true }

/** Whether something that came is such a message. */
function isMessage(data: unknown): data is Message {
  return typeof data === 'object' && data !== null && typeof (data as Message).number === 'number'
}

/**
 * A channel of this page's path. `heard` is told a screen that another window shows; `shown` says which one
 * this window does, for a window that opens later.
 */
export function lessonChannel(heard: (shown: number) => void, shown: () => number): (place: number) => void {
  const channel = new BroadcastChannel(`backlight ${location.pathname}`)
  let newest = Date.now()
  const say = (message: Omit<Message, 'number'>): void => {
    newest = Math.max(newest + 1, Date.now())
    channel.postMessage({ number: newest, ...message } satisfies Message)
  }
  channel.onmessage = ({ data }: MessageEvent<unknown>) => {
    if (!isMessage(data)) return
    if (data.asks) return say({ shown: shown() })
    // What was said before the last thing heard is old.
    if (data.number < newest || data.shown === undefined) return
    newest = data.number
    heard(data.shown)
  }
  say({ asks: true })
  return (place) => say({ shown: place })
}
