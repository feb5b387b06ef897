// A lesson: its formulas are set, its figures wake when they come near, and keys lead through it.
import { mount } from 'svelte'
import { enlivenAll } from '../figures.svelte'
import { formula } from '../numbers/formulas'
import LessonKeys from '../page/LessonKeys.svelte'
import '../page/page'
import '../page/lesson.css'
import '../page/presenter.css'
import '../page/projector.css'

for (const element of document.querySelectorAll<HTMLElement>('[data-latex]')) {
  formula(element.dataset.latex ?? '', 'display' in element.dataset)(element)
}
mount(LessonKeys, { target: document.body })
enlivenAll(document)
