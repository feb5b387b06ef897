import { formula } from '../numbers/formulas'
import '../page/reference.css'
import '../page/page'

// The page reads without this; KaTeX only sets what stands beside the text.
for (const element of document.querySelectorAll<HTMLElement>('[data-latex]')) {
  formula(element.dataset.latex ?? '')(element)
}
