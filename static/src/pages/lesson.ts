// A lesson: its formulas are set, its figures wake when they come near, and keys lead through it.
import katex from 'katex'
import 'katex/dist/katex.min.css'
import { mount } from 'svelte'
import '../clicker/wall.css'
import { enlivenExercises, setFormulas } from '../exercises/exercises'
import '../exercises/exercises.css'
import { enlivenAll } from '../figures.svelte'
import { setBy } from '../numbers/formulas'
import { lessonChannel } from '../page/channel'
import LessonKeys from '../page/LessonKeys.svelte'
import '../page/page'
import { theme } from '../page/theme.svelte'
import { together } from '../page/together.svelte'
import '../page/lesson.css'
import '../page/presenter.css'
import '../page/speaker.css'
import '../page/projector.css'

// Where everything stands depends on how wide the formulas are.
setBy(katex)
setFormulas(document)
enlivenExercises(document)
const channel = lessonChannel()
mount(LessonKeys, { target: document.body, props: { channel } })
// The picture in the speaker's window shows what is done on the wall, and does nothing itself.
const share = together(channel, () => theme.projector, window.parent === window)
enlivenAll(document, undefined, share)
