/** The formulas of the lessons, set before anybody asks: dist/formulas.json. app/web/formulas.py puts them into pages. */
import katex from 'katex'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Plugin } from 'vite'

const FORMULA = /\$\$([^$]+)\$\$|\$([^$\n]+)\$/g

/** What was set, by how it is written; on a line of its own it is larger. */
export type Typeset = { inline: Record<string, string>; display: Record<string, string> }

/** What cannot be set is left out: a script says then what is wrong with it, where it stands. */
export function typeset(texts: readonly string[]): Typeset {
  const found: Typeset = { inline: {}, display: {} }
  for (const text of texts)
    for (const [, display, inline] of text.matchAll(FORMULA)) {
      const latex = (display ?? inline ?? '').trim()
      const displayMode = display !== undefined
      try {
        found[displayMode ? 'display' : 'inline'][latex] = katex.renderToString(latex, {
          displayMode,
          strict: false,
          maxExpand: 200,
        })
      } catch (error) {
        if (!(error instanceof katex.ParseError)) throw error
      }
    }
  return found
}

export function formulas(lessons: string): Plugin {
  return {
    name: 'formulas',
    apply: 'build',
    generateBundle() {
      const files = readdirSync(lessons).filter((file) => file.endsWith('.md'))
      const texts = files.map((file) => readFileSync(join(lessons, file), 'utf8'))
      this.emitFile({ type: 'asset', fileName: 'formulas.json', source: JSON.stringify(typeset(texts)) })
    },
  }
}
