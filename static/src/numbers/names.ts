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

export function written(name: string): Written {
  const match = /^([A-Za-z\u0370-\u03ff]+)_?(\d{1,3})$/.exec(name)
  const word = match?.[1] ?? name
  const base = GREEK[word] ?? word
  return { base, index: match?.[2] ?? '', upright: base.length > 1 }
}

/** The same name in a formula. */
export function latexOf(name: string): string {
  const { base, index, upright } = written(name)
  return (upright ? `\\mathrm{${base.replaceAll('_', '\\_')}}` : base) + (index && `_{${index}}`)
}
