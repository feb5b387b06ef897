/** What the page does with a layer's maps, from the question to a painted canvas; and the same from JSON. */
import { coloursOf, paintMosaic, type Maps } from '../../static/src/activations/mosaic'
import { parseSafetensors } from '../../static/src/figure/safetensors'

const ROUTE = '/api/activations'
const COLOURS = coloursOf([255, 255, 255])
const ACROSS = 8

export async function fromTensors(question: object, layer: string): Promise<number> {
  const buffer = await (await ask(question, 'application/vnd.safetensors')).arrayBuffer()
  const { tensors, metadata } = parseSafetensors(buffer)
  JSON.parse(metadata.answer!)
  const { shape, values } = tensors[`${layer}:activation`]!
  const scales = tensors[`${layer}:activation:scale`]!.values as Float32Array
  paint({ shape: shape as [number, number, number], values, scales, reach: Math.max(...scales) })
  return buffer.byteLength
}

export async function fromJson(question: object, layer: string): Promise<number> {
  const text = await (await ask(question, 'application/json')).text()
  const maps = JSON.parse(text).maps[layer].activation as number[][][]
  const values = Float32Array.from(maps.flat(2))
  const shape = [maps.length, maps[0]!.length, maps[0]![0]!.length] as const
  let reach = 0
  for (const value of values) reach = Math.max(reach, Math.abs(value))
  paint({ shape, values, scales: null, reach })
  return text.length
}

async function ask(question: object, accept: string): Promise<Response> {
  const headers = { 'Content-Type': 'application/json', Accept: accept }
  return fetch(ROUTE, { method: 'POST', headers, body: JSON.stringify(question) })
}

const canvas = document.createElement('canvas')

function paint(maps: Maps): void {
  const [channels, height, width] = maps.shape
  canvas.width = ACROSS * width
  canvas.height = (channels / ACROSS) * height
  const context = canvas.getContext('2d')!
  const image = context.createImageData(canvas.width, canvas.height)
  const pixels = new Uint32Array(image.data.buffer)
  paintMosaic(pixels, canvas.width, maps, { cell: [width, height], gap: 0, across: ACROSS }, COLOURS, false)
  context.putImageData(image, 0, 0)
}
