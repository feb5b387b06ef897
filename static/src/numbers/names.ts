/** A name as mathematicians write it: w10 has an index, lam is a letter, x is in italics, yhat stands upright. */
export type Written = { base: string; index: string; upright: boolean }

const GREEK: Record<string, string> = Object.fromEntries(
  (
    'alpha α beta β gamma γ delta δ epsilon ε zeta ζ eta η theta θ iota ι kappa κ lam λ lambda λ mu μ nu ν ' +
    'xi ξ pi π rho ρ sigma σ tau τ upsilon υ phi φ chi χ psi ψ omega ω Gamma Γ Delta Δ Theta Θ Lambda Λ ' +
    'Xi Ξ Pi Π Sigma Σ Phi Φ Psi Ψ Omega Ω'
  )
    .match(/\S+ \S+/g)!
    .map((pair) => pair.split(' ')),
)

/** A word, and the numbers of its index, which is set lower. */
const INDEXED = /^(\p{L}+)(?:_?(\d{1,3}(?:_\d{1,3})*))?$/u
/** A word, and all that follows it. */
const FOLLOWED = /^(\p{L}+)_?([\p{L}\p{N}_]*)$/u

// As app/core/expressions/handwriting.py and formulas.py have it: tests/names.json holds both to the same cases.
export function written(name: string): Written {
  const [, word = name, index = ''] = INDEXED.exec(name) ?? []
  const base = GREEK[word] ?? word
  return { base, index: index.replaceAll('_', ','), upright: base.length > 1 }
}

/** The same name in a formula. */
export function latexOf(name: string): string {
  const [, word = name, rest] = FOLLOWED.exec(name) ?? []
  const spelt = word === 'lam' ? 'lambda' : word
  const base = spelt in GREEK ? `\\${spelt}` : upright(word)
  return base + (rest ? `_{${upright(rest)}}` : '')
}

/** A letter or digits as they are, a word upright, other alphabets than ours as text. */
function upright(word: string): string {
  const escaped = word.replaceAll('_', '\\_')
  if (/[^\0-\x7f\u0370-\u03ff]/.test(word)) return `\\text{${escaped}}`
  if (/^\d+(_\d+)*$/.test(word)) return word.replaceAll('_', ',')
  return word.length === 1 ? word : `\\mathrm{${escaped}}`
}
