/** Formulas, set by KaTeX. It comes in after the first paint; each formula is set once and then copied. */
import type { Attachment } from 'svelte/attachments'

type Katex = typeof import('katex').default

const MOST = 600
const cache = new Map<string, Node>()
let loading: Promise<Katex> | null = null
let loaded: Katex | null = null

function katex(): Promise<Katex> {
  loading ??= Promise.all([import('katex'), import('katex/dist/katex.min.css')]).then(([module]) => {
    loaded = module.default
    return loaded
  })
  return loading
}

/** For a page whose layout hangs on its formulas: it brings KaTeX along, and they are set as it mounts. */
export const setBy = (setter: Katex): void => void (loaded = setter)

/** When what has been set has its letters: the browser fetches a font only for what has been laid out in it. */
let lettered = false
let letters: Promise<void> | null = null
async function lettering(): Promise<void> {
  for (let frames = 0; frames < 2; frames++) await new Promise(requestAnimationFrame)
  await document.fonts.ready
  lettered = true
}

/** The first ones are not seen before nothing of them will move any more. */
function put(element: HTMLElement, formula: Node): void {
  element.replaceChildren(formula)
  if (lettered) return
  element.style.visibility = 'hidden'
  letters ??= lettering()
  void letters.then(() => (element.style.visibility = ''))
}

function set(setter: Katex, latex: string, display: boolean): Node {
  const key = (display ? 'D' : 'T') + latex
  let formula = cache.get(key)
  if (!formula) {
    const holder = document.createElement('span')
    setter.render(latex, holder, { displayMode: display, throwOnError: false, strict: false, maxExpand: 200 })
    formula = holder.firstChild ?? holder
    if (cache.size >= MOST) cache.clear()
    cache.set(key, formula)
  }
  return formula.cloneNode(true)
}

/** `<span {@attach formula(latex)}>`: the element's content becomes the formula. */
export function formula(latex: string, display = false): Attachment<HTMLElement> {
  return (element) => {
    if (loaded) {
      put(element, set(loaded, latex, display))
      return
    }
    let left = false
    element.textContent = ''
    void katex().then((setter) => {
      if (!left) put(element, set(setter, latex, display))
    })
    return () => {
      left = true
    }
  }
}

/** The same in display style, made smaller until it fits into its element, as far as it can be read then. */
export function fittedFormula(latex: string): Attachment<HTMLElement> {
  return (element) => {
    let measured: Element | null = null
    let room = ''
    const shrink = (again: boolean) => {
      const content = element.querySelector('.katex-html')
      const now = `${element.clientWidth} ${element.clientHeight}`
      // To measure costs a layout: once for each formula and each size of its place.
      if (!content || (!again && content === measured && now === room)) return
      measured = content
      room = now
      element.style.setProperty('--shrink', '1')
      const box = content.getBoundingClientRect()
      const wide = Math.max(box.width, content.scrollWidth)
      const style = getComputedStyle(element)
      const least = parseFloat(style.getPropertyValue('--least')) / parseFloat(style.fontSize)
      const across = Math.max(least, (0.98 * element.clientWidth) / wide)
      // Up and down it is scrolled by fingers only: a bar would stand beside every formula.
      const down = Math.max(
        style.overflowY === 'auto' ? least : 0.4,
        (0.98 * element.clientHeight) / (box.height + 8),
      )
      if (Math.min(across, down) < 1) element.style.setProperty('--shrink', Math.min(across, down).toFixed(3))
      // What still does not fit is scrolled, by keyboard too.
      const scrolls = element.scrollWidth > element.clientWidth || element.scrollHeight > element.clientHeight
      element.toggleAttribute('tabindex', scrolls)
      element.toggleAttribute('role', scrolls)
      element.toggleAttribute('aria-label', scrolls)
      if (scrolls) Object.assign(element, { tabIndex: 0, role: 'group', ariaLabel: 'Formula' })
    }
    const leave = formula(latex, true)(element)
    // Measured when the frame has been laid out anyway: an observer begins by telling the present size.
    const sizer = new ResizeObserver(() => shrink(false))
    const measure = () => {
      sizer.unobserve(element)
      sizer.observe(element)
    }
    // The formula may come later, with KaTeX, or grow with its fonts; either way it is measured then.
    const watcher = new MutationObserver(measure)
    watcher.observe(element, { childList: true })
    const fonts = () => shrink(true)
    document.fonts.addEventListener('loadingdone', fonts)
    measure()
    return () => {
      leave?.()
      watcher.disconnect()
      sizer.disconnect()
      document.fonts.removeEventListener('loadingdone', fonts)
    }
  }
}
