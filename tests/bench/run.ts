import { readdirSync } from 'node:fs'
import { basename } from 'node:path'
import type { Bench } from './lib/bench.ts'
import { load, machine } from './lib/bench.ts'

/** `npm run bench -- NAME`: runs tests/bench/NAME.ts. Its last line on standard output is one JSON object. */
const names = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith('.ts') && file !== 'run.ts')
  .map((file) => basename(file, '.ts'))
  .toSorted()

const open = async (name: string): Promise<Bench> => {
  const module = (await import(`./${name}.ts`)) as { bench: Bench }
  return module.bench
}

const [asked, ...rest] = process.argv.slice(2)
if (asked === undefined || rest.length > 0 || !names.includes(asked)) {
  console.log('npm run bench -- NAME')
  for (const name of names) console.log(`  ${name}: ${(await open(name)).about}`)
  process.exitCode = asked === undefined ? 0 : 2
} else {
  const say = (text: string) => console.log(text)
  const bench = await open(asked)
  say(`${asked}: ${bench.about}\n${machine()}\nload average before: ${load()}`)
  const results = await bench.run(say)
  say(`load average after: ${load()}`)
  const met = results.every((result) => result.met !== false)
  say(JSON.stringify({ bench: asked, results, met }))
}
