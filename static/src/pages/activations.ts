import ActivationsPage from '../activations/ActivationsPage.svelte'
import { sightOf } from '../activations/link'
import type { MapQuestion } from '../activations/asking'
import { Look } from '../activations/look.svelte'
import type { Asked, ImageRow, LookAnswer, ModelRow } from '../activations/types'
import type { Problem } from '../figure/api'
import { alive } from '../page/alive'
import '../page/page'
import { written } from '../figure/written'

const place = document.querySelector<HTMLElement>('[data-figure="activations"]')
if (place) {
  const look = new Look({
    question: written<Asked>('question'),
    maps: written<MapQuestion>('maps'),
    finer: written<MapQuestion>('finer'),
    answer: written<LookAnswer | null>('answer'),
    problem: written<Problem | null>('problem'),
    models: written<ModelRow[]>('models'),
    images: written<ImageRow[]>('images'),
    sight: sightOf(new URLSearchParams(location.search)),
  })
  void alive(place, ActivationsPage, { look })
}
