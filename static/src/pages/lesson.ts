// A lesson: its figures and exercises wake when they come near, and keys lead through it.
import 'katex/dist/katex.min.css'
import { mount } from 'svelte'
import '../clicker/wall.css'
import { enlivenExercises } from '../exercises/exercises'
import '../exercises/exercises.css'
import { enlivenAll } from '../figures.svelte'
import { lessonChannel } from '../page/channel'
import LessonKeys from '../page/LessonKeys.svelte'
import '../page/page'
import { theme } from '../page/theme.svelte'
import { together } from '../page/together.svelte'
import '../page/lesson.css'
import '../page/presenter.css'
import '../page/speaker.css'
import '../page/projector.css'

// On a wall no screen waits for the server.
enlivenExercises(document, theme.projector)
const channel = lessonChannel()
mount(LessonKeys, { target: document.body, props: { channel } })
// The picture in the speaker's window shows what is done on the wall, and does nothing itself.
const share = together(channel, () => theme.projector, window.parent === window)
enlivenAll(document, undefined, share)
