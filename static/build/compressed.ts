/** Writes a .br and a .gz beside every built file that gets smaller by it; app/web/assets.py serves them. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, brotliDecompressSync, constants, gunzipSync, gzip } from 'node:zlib'
import type { Plugin } from 'vite'

const COMPRESSIBLE = /\.(?:css|html|js|json|map|svg|txt|wasm)$/
const LEAST_BYTES = 1000

const brotli = promisify(brotliCompress)
const zip = promisify(gzip)

const TWINS: Record<string, { pack: (plain: Buffer) => Promise<Buffer>; unpack: (twin: Buffer) => Buffer }> =
  {
    '.br': {
      pack: (plain) => brotli(plain, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: plain.length } }),
      unpack: brotliDecompressSync,
    },
    '.gz': { pack: (plain) => zip(plain, { level: 9 }), unpack: gunzipSync },
  }

/** The files of a folder that are worth it, by their path in it. */
function compressible(folder: string): string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => COMPRESSIBLE.test(file))
}

/** The twins of the build before whose plain file was the same: packing Swagger UI takes seconds. */
function kept(folder: string): Map<string, { plain: Buffer; twin: Buffer }> {
  const found = new Map<string, { plain: Buffer; twin: Buffer }>()
  for (const file of compressible(folder))
    for (const [suffix, { unpack }] of Object.entries(TWINS)) {
      const path = join(folder, file)
      if (!existsSync(path + suffix)) continue
      const [plain, twin] = [readFileSync(path), readFileSync(path + suffix)]
      try {
        if (unpack(twin).equals(plain)) found.set(file + suffix, { plain, twin })
      } catch {
        // Not what this build writes; it goes away with the rest of the folder.
      }
    }
  return found
}

export function compressed(): Plugin {
  let folder = ''
  let before: ReturnType<typeof kept> = new Map()

  async function twin(file: string, suffix: string): Promise<void> {
    const path = join(folder, file)
    const plain = await readFile(path)
    if (plain.length < LEAST_BYTES) return
    const old = before.get(file + suffix)
    const packed = old?.plain.equals(plain) ? old.twin : await TWINS[suffix]!.pack(plain)
    if (packed.length >= plain.length) return
    // A build that is stopped leaves no half of a file under its name.
    await writeFile(`${path}${suffix}.part`, packed)
    await rename(`${path}${suffix}.part`, path + suffix)
  }

  return {
    name: 'compressed',
    apply: 'build',
    configResolved: (config) => void (folder = join(config.root, config.build.outDir)),
    buildStart: () => void (before = kept(folder)),
    writeBundle: {
      order: 'post',
      sequential: true,
      handler: async () => {
        const wanted = compressible(folder).flatMap((file) =>
          Object.keys(TWINS).map((suffix) => ({ file, suffix })),
        )
        const taken = wanted.find(({ file, suffix }) => existsSync(join(folder, file + suffix)))
        if (taken)
          throw new Error(`${taken.file}${taken.suffix} is in the way: the build writes a file of that name.`)
        await Promise.all(wanted.map(({ file, suffix }) => twin(file, suffix)))
      },
    },
  }
}
