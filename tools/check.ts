import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { breachesIn } from './dependency-rules.ts'

/** Types, format and lint, the directions between folders, unused files and packages. Ends with the counts. */

const root = fileURLToPath(new URL('..', import.meta.url))
const command = (name: string, ...args: string[]) =>
  spawnSync(name, args, { cwd: root, stdio: 'inherit' }).status === 0

async function directions(): Promise<boolean> {
  const { breaches, modules } = await breachesIn(root)
  for (const { rule, from, to } of breaches) console.error(`${rule}: ${from} → ${to}`)
  if (modules === 0) console.error('dependency-cruiser read no module: it checked nothing')
  else console.log(`dependency-cruiser: ${modules} modules, ${breaches.length} breaches`)
  return modules > 0 && breaches.length === 0
}

const steps: [string, () => boolean | Promise<boolean>][] = [
  ['types', () => command('tsc', '-p', '.')],
  ['format and lint', () => command('biome', 'check', '--error-on-warnings', '.')],
  ['directions', directions],
  ['unused', () => command('knip', '--no-progress')],
]

let failed = 0
for (const [name, step] of steps) {
  const began = performance.now()
  const ok = await step()
  if (!ok) failed++
  console.log(`${ok ? '✓' : '✗'} ${name}, ${Math.round(performance.now() - began)} ms`)
}
console.log(`check: ${steps.length - failed} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1
