// Sets the formulas of a page that the build has not set; it runs before anything is painted, since where everything
// stands depends on how wide they are.
import katex from 'katex'
import 'katex/dist/katex.min.css'
import { setFormulas } from '../exercises/exercises'
import { setBy } from '../numbers/formulas'

setBy(katex)
setFormulas(document)
