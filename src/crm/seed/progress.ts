import type { Logger } from 'pino'
import type { SeedProgress } from './seed.ts'

const width = 30

/** For a terminal: one line that is written over and over. */
export function progressBar(terminal: { write(text: string): unknown }): (progress: SeedProgress) => void {
  const begun = performance.now()
  return ({ what, done, total }) => {
    const share = total === 0 ? 1 : done / total
    const filled = Math.round(width * share)
    const seconds = Math.round((performance.now() - begun) / 1000)
    const bar = '█'.repeat(filled) + '░'.repeat(width - filled)
    const end = what === 'agenda' ? '\n' : ''
    terminal.write(
      `\r${bar} ${Math.floor(100 * share)} %  ${done} of ${total} citizens, ${what}, ${seconds} s\u001b[K${end}`,
    )
  }
}

/** For a log: each stage, and each tenth of the citizens. */
export function progressLog(log: Logger): (progress: SeedProgress) => void {
  let stage = ''
  return ({ what, done, total }) => {
    const now = what === 'citizens' ? `${what} ${Math.floor((10 * done) / total)}` : what
    if (now !== stage) log.info({ what, done, total }, 'making the city')
    stage = now
  }
}
