/** The shapes of what the server says of classes of one's own, under the project's words. */
import type { components } from '../figure/schema'

type Schemas = components['schemas']

export type Class = Schemas['TaughtClass']
/** Of pictures as data addresses, or as names of what ships. */
export type Question = { classes: readonly Class[]; seed: number; modules: number }
export type Answer = Schemas['TeachAnswer']
export type Named = Schemas['NamedPicture']
export type Preset = { title: string; classes: Class[] }

/** As in app/core/teaching/questions.py. */
export const CLASSES = [2, 5] as const
export const PICTURES = [5, 40] as const
export const LONGEST_NAME = 40
export const SEEDS = 1000
/** What is trained, by how many of the network's last modules learn too. */
export const TRAINED = ['the head', 'the last module too', 'the last two too'] as const
