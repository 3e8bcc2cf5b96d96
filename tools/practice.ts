import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { practiceFile, remembered } from './data-folder.ts'

/** `npm run practice`: the practice line's own commands, said to the line that `npm start` runs unless they name another. */

const args = process.argv.slice(2)
const line = remembered<{ controlUrl: string; controlToken: string }>(practiceFile)
const orders = args[0] === 'call' || args[0] === 'rate'
const names = args.some((arg) => /^--(url|token)(=|$)/.test(arg))
const where = orders && line && !names ? ['--url', line.controlUrl, '--token', line.controlToken] : []

const main = fileURLToPath(new URL('../src/practice/main.ts', import.meta.url))
const child = spawn(process.execPath, [main, ...args, ...where], { stdio: 'inherit' })
// Ctrl-C reaches both; the line ends by itself, and then this.
process.on('SIGINT', () => {})
child.once('close', (code) => {
  process.exitCode = code ?? 1
})
