/** Whether a lesson has ink from another time: little enough to know on every page. */
export const INK = `ink ${location.pathname}`

export function hasInk(): boolean {
  try {
    return localStorage.getItem(INK) !== null
  } catch {
    return false
  }
}
