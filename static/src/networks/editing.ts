/** Edits of a network as plain data: a new one each time, wired so that the rest stays as it was. */
import type { LayerSpec, NetworkSpec, NodeSpec, Value } from './types'

type Wired = { name: string; layer: LayerSpec; inputs: string[] }

export const INPUT = 'input'

/** Every layer with its name and what it takes written out. */
export function wired(network: NetworkSpec): Wired[] {
  const found: Wired[] = []
  network.layers.forEach((node, i) => {
    const before = found[i - 1]?.name ?? INPUT
    found.push({
      name: node.name ?? String(i),
      layer: node.layer,
      inputs: node.inputs?.length ? node.inputs : [before],
    })
  })
  return found
}

/** Back to the short form: names by position stay so, and what comes just before need not be said. */
function short(input: number[], layers: Wired[], numbered: boolean): NetworkSpec {
  const renamed = new Map([[INPUT, INPUT]])
  layers.forEach(({ name }, i) => renamed.set(name, numbered ? String(i) : name))
  return {
    input,
    layers: layers.map(({ name, layer, inputs }, i): NodeSpec => {
      const before = i ? layers[i - 1]!.name : INPUT
      const plain = inputs.length === 1 && inputs[0] === before
      return {
        name: renamed.get(name)!,
        layer,
        ...(plain ? {} : { inputs: inputs.map((source) => renamed.get(source) ?? source) }),
      }
    }),
  }
}

const byNumber = (layers: Wired[]): boolean => layers.every(({ name }, i) => name === String(i))

export function setArgument(network: NetworkSpec, name: string, argument: string, value: Value): NetworkSpec {
  return {
    ...network,
    layers: network.layers.map((node, i) =>
      (node.name ?? String(i)) === name ? { ...node, layer: { ...node.layer, [argument]: value } } : node,
    ),
  }
}

/** Whatever took `name` takes what `name` took first. */
export function remove(network: NetworkSpec, name: string): NetworkSpec {
  const layers = wired(network)
  const gone = layers.find((node) => node.name === name)
  if (!gone || layers.length === 1) return network
  const heir = gone.inputs[0] ?? INPUT
  const rest = layers
    .filter((node) => node !== gone)
    .map((node) => ({
      ...node,
      inputs: node.inputs.map((source) => (source === name ? heir : source)),
    }))
  return short(network.input, rest, byNumber(layers))
}

/** A layer right behind another ("input" for the first place); what took that one takes the new one. */
export function insert(
  network: NetworkSpec,
  after: string,
  layer: LayerSpec,
  others: string[] = [],
): { network: NetworkSpec; name: string } {
  const layers = wired(network)
  const numbered = byNumber(layers)
  const at = after === INPUT ? 0 : layers.findIndex(({ name }) => name === after) + 1
  const name = freeName(layers, after, layer.type)
  const next = layers[at]
  const placed = layers.map((node) =>
    // Only the way straight on goes through the new layer: a skip from here stays a skip.
    node === next ? { ...node, inputs: swapFirst(node.inputs, after, name) } : node,
  )
  placed.splice(at, 0, { name, layer, inputs: [after, ...others] })
  return { network: short(network.input, placed, numbered), name: numbered ? String(at) : name }
}

function swapFirst(inputs: string[], from: string, to: string): string[] {
  const at = inputs.indexOf(from)
  return at < 0 ? inputs : inputs.with(at, to)
}

function freeName(layers: Wired[], after: string, type: string): string {
  const group = after.includes('.') ? after.slice(0, after.lastIndexOf('.') + 1) : ''
  const base = group + type.toLowerCase().replace('2d', '')
  const taken = new Set(layers.map(({ name }) => name))
  for (let n = 1; ; n++) if (!taken.has(`${base}${n}`)) return `${base}${n}`
}

/** Takes a layer out and puts it behind another; null where that would change nothing. */
export function move(
  network: NetworkSpec,
  name: string,
  after: string,
): { network: NetworkSpec; name: string } | null {
  const layers = wired(network)
  const at = layers.findIndex((node) => node.name === name)
  const before = at > 0 ? layers[at - 1]!.name : INPUT
  if (at < 0 || after === name || after === before || layers.length === 1) return null
  const numbered = byNumber(layers)
  const moved = layers[at]!
  // Names by position change when one is taken out: work with fixed ones and number at the end.
  const fixed: NetworkSpec = {
    input: network.input,
    layers: layers.map((node) => ({
      ...node,
      name: `${node.name}_`,
      inputs: node.inputs.map((source) => (source === INPUT ? INPUT : `${source}_`)),
    })),
  }
  const goal = after === INPUT ? INPUT : `${after}_`
  const without = remove(fixed, `${name}_`)
  const others = moved.inputs.slice(1).map((source) => (source === INPUT ? INPUT : `${source}_`))
  const put = insert(
    without,
    goal,
    moved.layer,
    others.filter((source) => source !== goal),
  )
  const back = wired(put.network).map((node) => ({
    name: node.name === put.name ? name : node.name.slice(0, -1),
    layer: node.layer,
    inputs: node.inputs.map((source) =>
      source === INPUT ? INPUT : source === put.name ? name : source.slice(0, -1),
    ),
  }))
  const done = short(network.input, back, numbered)
  const place = back.findIndex((node) => node.name === name)
  return { network: done, name: numbered ? String(place) : name }
}

/** One step to the left or right. */
export function shift(network: NetworkSpec, name: string, by: -1 | 1) {
  const layers = wired(network)
  const at = layers.findIndex((node) => node.name === name)
  const goal = by > 0 ? at + 1 : at - 2
  if (goal >= layers.length || goal < -1) return null
  return move(network, name, goal < 0 ? INPUT : layers[goal]!.name)
}

/** What the other way into an addition or concatenation comes from. */
export function setSource(network: NetworkSpec, name: string, position: number, source: string): NetworkSpec {
  const layers = wired(network)
  const changed = layers.map((node) =>
    node.name === name ? { ...node, inputs: node.inputs.with(position, source) } : node,
  )
  return short(network.input, changed, byNumber(layers))
}

/** What someone typed as an argument: 3, "3, 5", same, None, 0.1; undefined if it is none of these. */
export function readArgument(typed: string): Value | undefined {
  const text = typed.trim().replaceAll('\u2212', '-')
  if (/^none$/i.test(text)) return null
  const parts = text.replace(/^[([]|[)\]]$/g, '').split(/[,×x]\s*/)
  const numbers = parts.map((part) => (/^none$/i.test(part.trim()) ? null : Number(part)))
  if (parts.every((part) => part.trim() !== '') && numbers.every((n) => n === null || Number.isFinite(n))) {
    return numbers.length === 1 ? (numbers[0] ?? null) : numbers
  }
  const word = text.replace(/^["']|["']$/g, '')
  return /^[a-z]\w*$/i.test(word) ? word : undefined
}

export function showArgument(value: Value | undefined): string {
  if (value === null || value === undefined) return 'None'
  return Array.isArray(value) ? value.map((n) => n ?? 'None').join(', ') : String(value)
}
