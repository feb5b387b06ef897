/** A random name for whose turn it is where runs wait: one visitor's ten tabs have one, and it says nothing else. */
const KEY = 'backlight-visitor'
let own = ''

const random = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, '0')).join(
    '',
  )

export function visitor(): string {
  try {
    own ||= localStorage.getItem(KEY) ?? ''
    own ||= random()
    localStorage.setItem(KEY, own)
  } catch {
    // Nothing is kept here: this tab is a visitor of its own.
    own ||= random()
  }
  return own
}
