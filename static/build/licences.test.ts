import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { build } from 'vite'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { compressed } from './compressed.ts'
import { licences, origin } from './licences.ts'

let root = ''

function write(files: Record<string, string>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
}

/** A package in node_modules, with its licence's text unless told otherwise. */
function pack(name: string, files: Record<string, string>, about = {}, under = 'node_modules'): void {
  const said = { name, version: '1.2.3', license: 'MIT', sideEffects: false, ...about }
  const all: Record<string, string> = {
    LICENSE: `text of ${name}`,
    'package.json': JSON.stringify(said),
    ...files,
  }
  for (const [path, text] of Object.entries(all)) if (text) write({ [`${under}/${name}/${path}`]: text })
}

const built = () =>
  build({
    root,
    configFile: false,
    logLevel: 'silent',
    plugins: [licences(), compressed()],
    build: { assetsInlineLimit: 0, rolldownOptions: { input: join(root, 'main.js') } },
  })
const dist = (file: string) => readFileSync(join(root, 'dist', file))
const names = () =>
  [
    ...dist('licences.txt')
      .toString()
      .split('='.repeat(80))[0]!
      .matchAll(/^(\S+) 1\.2\.3 /gm),
  ].map((m) => m[1])

beforeEach(() => void (root = mkdtempSync(join(tmpdir(), 'licences-'))))
afterEach(() => rmSync(root, { recursive: true }))

test('whatever ends in the build is listed, and nothing else', async () => {
  const code = "import 'inner'; import { used } from '@scope/used'; console.log(used)"
  pack('code', { 'index.js': code }, { sideEffects: true })
  pack(
    'inner',
    { 'index.js': "console.log('inner')" },
    { sideEffects: true },
    'node_modules/code/node_modules',
  )
  pack('@scope/used', { 'index.js': 'export const used = Math.random(); export const rest = 1' })
  pack('unused', { 'index.js': 'export const unused = 1' })
  pack('picture', { 'a.png': 'png' })
  pack('sheet', { 'a.css': "@import 'deeper/b.css'; a { color: red }" }, { sideEffects: true })
  pack('deeper', { 'b.css': "@import 'deepest/c.css';" })
  pack('deepest', { 'c.css': "@font-face { font-family: f; src: url('font/f.woff2') }" })
  pack('font', { 'f.woff2': 'woff2' })
  pack('types', { 'index.d.ts': 'export type T = 1' })
  write({
    'main.js': `import 'code'; import { unused } from 'unused'; import 'sheet/a.css'
      import picture from 'picture/a.png'; console.log(picture); import('./later.js')`,
    'later.js': "import 'late'; console.log('later')",
  })
  pack('late', { 'index.js': "console.log('late')" }, { sideEffects: true })
  await built()
  expect(names()).toEqual(['@scope/used', 'code', 'deepest', 'font', 'inner', 'late', 'picture', 'sheet'])
  expect(dist('licences.txt').toString()).toContain('text of font')
})

test('notices and what a bundle says of its parts go along', async () => {
  pack(
    'made',
    {
      NOTICE: 'made by many',
      'index.js': "console.log('made')",
      'index.js.LICENSE.txt': '/*! part 1, by one */',
      'index.js.map': JSON.stringify({
        sources: ['webpack://x/./node_modules/part/a.js', 'webpack://x/./b.js'],
      }),
    },
    { sideEffects: true },
  )
  write({ 'main.js': "import 'made'" })
  await built()
  const list = dist('licences.txt').toString()
  for (const text of ['made by many', 'part 1, by one', 'Its publisher made index.js of: part.'])
    expect(list).toContain(text)
})

test.each([
  ['carries no text of its licence', { LICENSE: '' }, {}],
  ['carries no text of its licence', { LICENSE: '\n' }, {}],
  ['carries no text of its licence', { LICENSE: '', NOTICE: 'a notice is none' }, {}],
  ['names its licence', {}, { license: undefined }],
  ['names its licence', {}, { license: 'UNLICENSED' }],
])('the build fails with a sentence: %s', async (sentence, files, about) => {
  pack('bare', { 'index.js': "console.log('bare')", ...files }, { sideEffects: true, ...about })
  write({ 'main.js': "import 'bare'" })
  await expect(built()).rejects.toThrow(sentence)
})

test('a module is of its innermost package', () => {
  expect(origin('/r/src/a.ts')).toBeNull()
  expect(origin('/r/node_modules/a/node_modules/@b/c/d.js?inline')).toBe(
    '/r/node_modules/a/node_modules/@b/c',
  )
  expect(origin('\0vite/preload-helper.js')).toMatch(/static\/node_modules\/vite$/)
  expect(origin('\0/r/node_modules/a/b.js?commonjs')).toBe('/r/node_modules/a')
})

test('twins are the same each time, renewed with their file, and never half a file', async () => {
  write({
    'main.js': `console.log('${'long '.repeat(500)}')`,
    'public/a.txt': 'a'.repeat(3000),
    'public/b.txt': 'b',
  })
  await built()
  const [br, gz] = [dist('a.txt.br'), dist('a.txt.gz')]
  expect(brotliDecompressSync(br).toString()).toBe('a'.repeat(3000))
  expect(gunzipSync(gz).toString()).toBe('a'.repeat(3000))
  expect(existsSync(join(root, 'dist/b.txt.br'))).toBe(false)

  write({ 'dist/a.txt.br': 'broken' })
  await built()
  expect([dist('a.txt.br'), dist('a.txt.gz')]).toEqual([br, gz])

  write({ 'public/a.txt': 'c'.repeat(3000) })
  await built()
  expect(brotliDecompressSync(dist('a.txt.br')).toString()).toBe('c'.repeat(3000))
  expect(gunzipSync(dist('a.txt.gz')).toString()).toBe('c'.repeat(3000))
})

test('a file that has the name of a twin fails the build', async () => {
  write({ 'main.js': '', 'public/a.txt': 'a'.repeat(3000), 'public/a.txt.gz': 'mine' })
  await expect(built()).rejects.toThrow('a.txt.gz is in the way')
})
