// A lesson: its formulas are set, its figures wake when they come near, and keys lead through it.
import katex from 'katex'
import 'katex/dist/katex.min.css'
import { mount } from 'svelte'
import '../clicker/wall.css'
import { enlivenExercises, setFormulas } from '../exercises/exercises'
import '../exercises/exercises.css'
import { enlivenAll } from '../figures.svelte'
import { setBy } from '../numbers/formulas'
import LessonKeys from '../page/LessonKeys.svelte'
import '../page/page'
import '../page/lesson.css'
import '../page/presenter.css'
import '../page/speaker.css'
import '../page/projector.css'

// Where everything stands depends on how wide the formulas are.
setBy(katex)
setFormulas(document)
enlivenExercises(document)
mount(LessonKeys, { target: document.body })
enlivenAll(document)
