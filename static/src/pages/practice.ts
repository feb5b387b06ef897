// Exercises, one after the other.
import { enlivenExercises, setFormulas } from '../exercises/exercises'
import '../exercises/exercises.css'
import '../expressions/graph.css'
import '../page/page'

setFormulas(document)
enlivenExercises(document)
