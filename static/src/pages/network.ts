import type { Problem } from '../figure/api'
import { stackOf } from '../networks/link'
import { Networks } from '../networks/network.svelte'
import NetworkPage from '../networks/NetworkPage.svelte'
import type { Architecture, Asked, Fact, LayerRow, NetworkAnswer } from '../networks/types'
import { alive } from '../page/alive'
import '../page/page'
import { written } from '../figure/written'

/** "7,7" of a link; null for anything else. */
function unitOf(text: string | null): number[] | null {
  return text && /^\d+(,\d+)?$/.test(text) ? text.split(',').map(Number) : null
}

/** What makes a link one that somebody chose; who asks for nothing sees a step of the walk. */
const CHOSEN = ['architecture', 'source', 'packed_source', 'network', 'layer', 'open', 'view']

const place = document.querySelector<HTMLElement>('[data-figure="network"]')
if (place) {
  const query = new URLSearchParams(location.search)
  const networks = new Networks({
    question: written<Asked>('question'),
    answer: written<NetworkAnswer | null>('answer'),
    problem: written<Problem | null>('problem'),
    chosen: CHOSEN.some((name) => query.has(name)) ? query.get('layer') : undefined,
  })
  const architectures = written<Architecture[]>('architectures')
  const table = written<LayerRow[]>('layers')
  const facts = written<Fact[]>('facts')
  const beside = written<string[]>('side-by-side')
  void alive(place, NetworkPage, {
    networks,
    architectures,
    table,
    facts,
    view: query.get('view'),
    at: unitOf(query.get('unit')),
    compared: query.get('compare')?.split(',') ?? beside,
    stack: stackOf(query),
  })
}
