// Exercises, one after the other.
import katex from 'katex'
import 'katex/dist/katex.min.css'
import { enlivenExercises, setFormulas } from '../exercises/exercises'
import '../exercises/exercises.css'
import '../expressions/screen.css'
import '../expressions/graph.css'
import { setBy } from '../numbers/formulas'
import '../page/page'

// Where everything stands depends on how wide the formulas are.
setBy(katex)
setFormulas(document)
enlivenExercises(document)
