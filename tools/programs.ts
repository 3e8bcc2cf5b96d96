import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Plugin, rolldown } from 'rolldown'

const root = fileURLToPath(new URL('..', import.meta.url))
const sources = { crm: 'src/crm/main.ts', practice: 'src/practice/main.ts', desk: 'src/main/loopback.ts' }

export type ProgramName = keyof typeof sources
export const programNames = Object.keys(sources) as ProgramName[]

const folderOf = (name: ProgramName) => join(root, 'out/programs', name)

/** The program in one file, as `buildPrograms` leaves it: to load it takes half of what its fifteen hundred modules take one by one. */
export const programFile = (name: ProgramName): string => join(folderOf(name), 'main.js')

/** They look for what lies beside them by ways that no bundler follows: machine code, WebAssembly, workers. */
const external = ['better-sqlite3', '@electric-sql/pglite', 'pino', 'pg-native']

/** What a module finds relative to itself it finds from inside the bundle too. */
const findsWhatLiesBesideIt = (folder: string): Plugin => ({
  name: 'finds-what-lies-beside-it',
  transform: {
    filter: { code: /import\.meta\.(url|dirname)/ },
    handler(code, id) {
      const file = JSON.stringify(relative(folder, id))
      const directory = JSON.stringify(`/${relative(folder, dirname(id))}`)
      return code
        .replaceAll('import.meta.url', `new URL(${file}, import.meta.url).href`)
        .replaceAll('import.meta.dirname', `(import.meta.dirname + ${directory})`)
    },
  },
})

export async function bundleProgram(name: ProgramName): Promise<void> {
  const folder = folderOf(name)
  // Beside it, so that what is found from there is found from here.
  const made = `${folder}.${process.pid}`
  const bundle = await rolldown({
    input: { main: join(root, sources[name]) },
    platform: 'node',
    external,
    plugins: [findsWhatLiesBesideIt(folder)],
    onLog(level, { code, id, message }) {
      // What is put in place above stays on its line, and lines are what a trace is read by.
      const isOurs = code !== 'SOURCEMAP_BROKEN' && !id?.includes('node_modules')
      if (level === 'warn' && isOurs) throw new Error(message)
    },
  })
  await bundle.write({ dir: made, format: 'esm', sourcemap: true })
  await bundle.close()
  await putInPlace(made, folder)
}

const dayMs = 24 * 3_600_000

/** A program of the build before may run, and load a part of it only when it is asked for it: the parts of a day stay. */
async function putInPlace(made: string, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true })
  const files = await readdir(made)
  // Whoever starts meanwhile finds a program whose parts are all there.
  files.sort((a, b) => Number(a.startsWith('main.')) - Number(b.startsWith('main.')))
  for (const file of files) await rename(join(made, file), join(folder, file))
  await rm(made, { recursive: true })
  for (const file of await readdir(folder)) {
    const { mtimeMs } = await stat(join(folder, file))
    if (!files.includes(file) && mtimeMs < Date.now() - dayMs) await rm(join(folder, file))
  }
}
