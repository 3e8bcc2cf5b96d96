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
  await bundle.write({ dir: folder, format: 'esm', cleanDir: true, sourcemap: true })
  await bundle.close()
}
