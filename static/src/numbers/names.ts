/** A name as mathematicians write it: w10 has an index, x is in italics, yhat stands upright. */
export type Written = { base: string; index: string; upright: boolean }

export function written(name: string): Written {
  const match = /^([A-Za-z\u0370-\u03ff]+)_?(\d{1,3})$/.exec(name)
  const base = match?.[1] ?? name
  return { base, index: match?.[2] ?? '', upright: base.length > 1 }
}
