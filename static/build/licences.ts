/** One list of what the build ships from others, on which terms: dist/licences.txt. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { Plugin } from 'vite'

export interface Shipped {
  folder: string
  /** Its files that are shipped. None: only what the package writes into a build of its own accord. */
  files: Set<string>
}

/** Where Vite and Rolldown are, whose own lines go into what they build. */
const TOOLS = join(import.meta.dirname, '../node_modules')
/** Texts that a package should carry and does not: `katex.txt`, `@scope+name.txt`. */
const TEXTS = join(import.meta.dirname, 'texts')
const LICENCE = /^(?:un)?licen[cs]e|^copying/i
const NOTICE = /^notice/i
/** From here on, the licence of a tool that builds speaks of the tool's own parts. */
const TOOL_PARTS = /^#+ Licenses of bundled dependencies/m
const RULE = '='.repeat(80)

/** The folder of the package that a module is from: its innermost one; null for our own modules. */
export function origin(id: string): string | null {
  const path = id.replaceAll('\\', '/').replace(/\?.*$/, '')
  const written = /^\0((?:@[^/]+\/)?[^/]+)\/(?!.*node_modules\/)/.exec(path)?.[1]
  if (written) return join(TOOLS, written)
  return /^\0?(.*\/node_modules\/(?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? null
}

const read = (path: string) => readFileSync(path, 'utf8').trim()

/** The texts of a package, its licence first. */
function texts({ folder, files }: Shipped, name: string): string[] {
  const found = readdirSync(folder).sort()
  const licences = found.filter((file) => LICENCE.test(file)).map((file) => read(join(folder, file)))
  const notices = found.filter((file) => NOTICE.test(file)).map((file) => read(join(folder, file)))
  const added = join(TEXTS, `${name.replace('/', '+')}.txt`)
  if (existsSync(added)) licences.push(read(added))
  if (!licences.some(Boolean))
    throw new Error(
      `${name} is shipped and ${folder} carries no text of its licence: put the text into ${added}.`,
    )
  if (files.size === 0) return licences.map((text) => text.split(TOOL_PARTS)[0]!.trim())
  return [...licences, ...notices, ...[...files].sort().flatMap(parts)].filter(Boolean)
}

/** What a file that its publisher had bundled already says of its parts. */
function parts(file: string): string[] {
  const said = existsSync(`${file}.LICENSE.txt`) ? [read(`${file}.LICENSE.txt`)] : []
  if (!/\.[cm]?js$/.test(file) || !existsSync(`${file}.map`)) return said
  const { sources } = JSON.parse(read(`${file}.map`)) as { sources: string[] }
  const names = new Set(sources.map((source) => origin(source)?.replace(/^.*node_modules\//, '')))
  names.delete(undefined)
  if (names.size === 0) return said
  return [`Its publisher made ${basename(file)} of: ${[...names].sort().join(', ')}.`, ...said]
}

/** One package's part of the list. */
export function entry(shipped: Shipped): { title: string; text: string } {
  const described = join(shipped.folder, 'package.json')
  const about = existsSync(described) ? JSON.parse(read(described)) : {}
  const { name, version, license, homepage } = about as Record<string, string | undefined>
  if (!name || !version || typeof license !== 'string' || license === 'UNLICENSED')
    throw new Error(`${shipped.folder} is shipped and no package.json there names its licence.`)
  const title = `${name} ${version}  ${license}`
  const head = [title, homepage].filter(Boolean).join('\n')
  return { title, text: [RULE, head, ...texts(shipped, name)].join('\n\n') }
}

/** The list: names first, then each with its texts. */
export function list(packages: Iterable<Shipped>): string {
  const entries = [...packages].map(entry).sort((a, b) => (a.title < b.title ? -1 : 1))
  return [
    'The pages of Backlight contain the following work of others, on the terms below.',
    entries.map(({ title }) => title).join('\n'),
    ...entries.map(({ text }) => text),
    '',
  ].join('\n\n')
}

/** Collects the packages of what ends in a chunk, in a style sheet (an @import's too) or as a file. */
export function licences(): Plugin {
  const styles = new Set<string>()
  let root = ''
  return {
    name: 'licences',
    apply: 'build',
    // Before Vite takes those chunks away that hold nothing but styles.
    enforce: 'pre',
    config: () => ({
      css: {
        postcss: {
          plugins: [
            {
              postcssPlugin: 'origins',
              OnceExit: (sheet) => void sheet.walk((node) => void styles.add(node.source?.input.file ?? '')),
            },
          ],
        },
      },
    }),
    configResolved: (config) => void (root = config.root),
    generateBundle(_, bundle) {
      const packages = new Map<string, Shipped>()
      const ship = (id: string) => {
        const folder = origin(id)
        if (!folder) return
        const shipped = packages.get(folder) ?? { folder, files: new Set() }
        if (!id.startsWith('\0')) shipped.files.add(id.replace(/\?.*$/, ''))
        packages.set(folder, shipped)
      }
      styles.forEach(ship)
      for (const output of Object.values(bundle))
        if (output.type === 'asset') output.originalFileNames.forEach((file) => ship(join(root, file)))
        else
          for (const [id, module] of Object.entries(output.modules)) if (module.renderedLength > 0) ship(id)
      try {
        this.emitFile({ type: 'asset', fileName: 'licences.txt', source: list(packages.values()) })
      } catch (mistake) {
        this.error((mistake as Error).message)
      }
    },
  }
}
