import { type ChildProcess, spawn } from 'node:child_process'

export type Ready = { ready: string } & Record<string, string>

export type Program = {
  /** The line of JSON that the program printed when it could be used. */
  ready: Ready
  child: ChildProcess
  /** Resolves with the exit code, null after a signal. */
  ended: Promise<number | null>
  stop(): Promise<void>
}

const stopGraceMs = 10_000

/** Starts one of our programs in a process of its own and waits for its readiness line on standard output. */
export async function startProgram(
  args: readonly string[],
  options: { env?: NodeJS.ProcessEnv; log?: (text: string) => void; cwd?: string } = {},
): Promise<Program> {
  const child = spawn(process.execPath, [...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...options.env },
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  })
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  child.stderr.setEncoding('utf8').on('data', (text: string) => options.log?.(text))
  const ready = await new Promise<Ready>((resolve, reject) => {
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
    ended.then((code) => reject(new Error(`${args[0]} ended with ${code} before it was ready`)))
  })
  return {
    ready,
    child,
    ended,
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return
      child.kill('SIGTERM')
      const timer = setTimeout(() => child.kill('SIGKILL'), stopGraceMs)
      await ended
      clearTimeout(timer)
    },
  }
}
