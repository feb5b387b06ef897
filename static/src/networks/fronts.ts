/** What a network that ships with its weights sees in a photo, for the fronts of its volumes. */
import { askMaps, type MapQuestion } from '../activations/asking'
import { patiently } from '../figure/server'

/** Of a front, in pixels: as large as the largest is drawn, at twice its size. */
const SIDE = 112
const [ZERO, STEPS] = [128, 127]

const MAPS: MapQuestion = {
  layers: 'all',
  include: ['activation'],
  encoding: 'uint8',
  thumbnail: SIDE,
  strongest: 1,
  channels: 'strongest',
  top: 1,
}

/** Rows of shares of the map's largest number, -1 to 1. */
export type Front = number[][]

/** Each layer's strongest map; none if the server cannot tell. */
export async function strongestMaps(
  model: string,
  image: string,
  signal: AbortSignal,
): Promise<Record<string, Front>> {
  const reply = await patiently(() => askMaps({ model, image }, MAPS, signal), signal)
  const fronts: Record<string, Front> = {}
  for (const [name, { shape, values }] of Object.entries(reply.answer?.tensors ?? {})) {
    const [maps, height, width] = shape
    if (!name.endsWith(':activation') || maps === 0 || !height || !width) continue
    fronts[name.slice(0, -':activation'.length)] = Array.from({ length: height }, (_, row) =>
      Array.from(values.subarray(row * width, (row + 1) * width), (byte) => (byte - ZERO) / STEPS),
    )
  }
  return fronts
}
