/// <reference types="vitest/config" />
import { svelte } from '@sveltejs/vite-plugin-svelte'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { defineConfig, type Plugin } from 'vite'
import { compressed } from './build/compressed.ts'
import { formulas } from './build/formulas.ts'
import { licences } from './build/licences.ts'

const root = import.meta.dirname
const pages = join(root, 'src/pages')

/** KaTeX lists every font three times (woff2, woff, ttf); every browser this project supports reads woff2. */
const woff2Only: Plugin = {
  name: 'katex-woff2-only',
  enforce: 'pre',
  transform: {
    filter: { id: /katex.*\.css$/ },
    handler: (code) => code.replace(/,\s*url\([^)]*\.(?:woff|ttf)\)\s*format\("?(?:woff|truetype)"?\)/g, ''),
  },
}

export default defineConfig(({ mode }) => ({
  root,
  base: '/static/',
  plugins: [woff2Only, svelte(), licences(), formulas(join(root, '../templates/lessons')), compressed()],
  build: {
    chunkSizeWarningLimit: 1600, // Swagger UI, on /docs only
    outDir: 'dist',
    manifest: 'manifest.json',
    // The Content-Security-Policy admits files of this host only: nothing becomes a data: address.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rolldownOptions: {
      // A page that has no figure still has a header.
      input: [
        join(root, 'src/page/page.ts'),
        ...readdirSync(pages)
          .filter((file) => file.endsWith('.ts'))
          .map((file) => join(pages, file)),
      ],
      output: {
        codeSplitting: {
          groups: [
            // Apart, it keeps its name and its compressed twins when our own code changes.
            { name: 'swagger-ui', test: /swagger-ui-bundle\.js$/ },
            // What many pages share is one file: thirty small ones are thirty ways to the server.
            {
              name: 'frame',
              test: /src\/(page|figure|numbers)\/|node_modules\/(svelte|esm-env|clsx|@lucide)/,
              minShareCount: 6,
            },
          ],
        },
      },
    },
  },
  server: {
    port: 5173,
    strictPort: true,
    cors: { origin: ['http://localhost:8000', 'http://127.0.0.1:8000'] },
    origin: 'http://localhost:5173',
  },
  resolve: mode === 'test' ? { conditions: ['browser'] } : {},
  test: { environment: 'node', include: ['{build,src}/**/*.test.ts'] },
}))
