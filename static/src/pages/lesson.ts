// A lesson: its formulas are set, its figures wake when they come near, and keys lead through it.
import { mount } from 'svelte'
import '../clicker/wall.css'
import { enlivenExercises, setFormulas } from '../exercises/exercises'
import '../exercises/exercises.css'
import { enlivenAll } from '../figures.svelte'
import LessonKeys from '../page/LessonKeys.svelte'
import '../page/page'
import '../page/lesson.css'
import '../page/presenter.css'
import '../page/speaker.css'
import '../page/projector.css'

setFormulas(document)
enlivenExercises(document)
mount(LessonKeys, { target: document.body })
enlivenAll(document)
