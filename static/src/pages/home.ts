// The home: one graph to play with, the doors, and the course with what one has done.
import { marks } from '../exercises/exercises'
import { enlivenAll } from '../figures.svelte'
import '../page/home.css'
import '../page/page'

// A long link to an expression has it behind the `#`, which the server has not read.
if (location.hash.startsWith('#expression=') || location.hash.startsWith('#packed_')) {
  location.replace(`/expression${location.hash}`)
} else {
  enlivenAll(document)
  marks(document)
}
