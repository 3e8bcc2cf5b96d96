import { type ChildProcess, spawn } from 'node:child_process'
import { compileCache } from './compile-cache.ts'

export type Ready = { ready: string } & Record<string, string>

export type Program = {
  child: ChildProcess
  /** The line of JSON that the program prints when it can be used. Rejects when it ends before. */
  ready: Promise<Ready>
  /** Resolves with the exit code, null after a signal. */
  ended: Promise<number | null>
  /** The end of what it said to stderr. */
  lastWords(): string
  stop(): Promise<void>
}

export type ProgramOptions = { env?: NodeJS.ProcessEnv; log?: (text: string) => void; cwd?: string }

const stopGraceMs = 10_000
/** What a program said last is why it did not start. */
const lastWordsLimit = 2_000

/** Spawns one of our programs; it can be stopped from the first moment on. */
export function spawnProgram(args: readonly string[], options: ProgramOptions = {}): Program {
  const child = spawn(process.execPath, [...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...compileCache, ...process.env, ...options.env },
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  })
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  let lastWords = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    lastWords = (lastWords + text).slice(-lastWordsLimit)
    options.log?.(text)
  })
  const ready = new Promise<Ready>((resolve, reject) => {
    let rest = ''
    child.stdout.setEncoding('utf8').on('data', (part: string) => {
      const lines = (rest + part).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) {
        if (line.startsWith('{"ready"')) resolve(JSON.parse(line) as Ready)
        else options.log?.(`${line}\n`)
      }
    })
    child.once('error', reject)
    ended.then((code) =>
      reject(new Error(`${args[0]} ended with ${code} before it was ready.\n${lastWords.trim()}`.trim())),
    )
  })
  // Whoever awaits it hears of a failure; nobody has to.
  ready.catch(() => {})
  return {
    child,
    ready,
    ended,
    lastWords: () => lastWords.trim(),
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return
      child.kill('SIGTERM')
      const timer = setTimeout(() => child.kill('SIGKILL'), stopGraceMs)
      await ended
      clearTimeout(timer)
    },
  }
}

export type StartedProgram = Omit<Program, 'ready'> & { ready: Ready }

/** Spawns a program and waits until it is ready. */
export async function startProgram(
  args: readonly string[],
  options?: ProgramOptions,
): Promise<StartedProgram> {
  const program = spawnProgram(args, options)
  return { ...program, ready: await program.ready }
}
