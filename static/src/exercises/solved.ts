// Which exercises were solved in this browser. It is kept here and sent nowhere.
const KEY = 'backlight-solved'

/** The kinds that were solved; nothing where nothing can be kept. */
export function solved(): Set<string> {
  try {
    const found: unknown = JSON.parse(localStorage.getItem(KEY) ?? '[]')
    return new Set(Array.isArray(found) ? found.filter((name) => typeof name === 'string') : [])
  } catch {
    return new Set()
  }
}

export function markSolved(kind: string): void {
  try {
    localStorage.setItem(KEY, JSON.stringify([...solved().add(kind)]))
  } catch {
    // A browser that keeps nothing shows no ticks.
  }
}
