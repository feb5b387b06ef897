/**
 * uPlot asks for numbers in the browser's language as it is loaded, and some browsers name one that there is not
 * ("C", where a system has no language set): the page would stay empty for it. To be imported before it.
 */
try {
  new Intl.NumberFormat(navigator.language)
} catch {
  Object.defineProperty(navigator, 'language', { value: 'en', configurable: true })
}
