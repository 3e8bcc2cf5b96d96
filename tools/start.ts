import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { writeArguments } from '../src/main/electron/arguments.ts'
import { joinRunning } from '../src/main/loopback/join.ts'
import { openAppWindow } from './app-window.ts'
import { build } from './build.ts'
import {
  claimDataFolder,
  crmFolder,
  dataFolder,
  deskFolder,
  openDataFolder,
  practiceFile,
  remember,
  remembered,
  sharedSipSecret,
} from './data-folder.ts'
import { electronBinary, installedElectron } from './electron-binary.ts'
import { keepAlive } from './keep-alive.ts'
import { choosePorts, type Ports } from './ports.ts'
import { type Program, spawnProgram } from './process.ts'
import { openProgramLog } from './program-log.ts'
import { programFile } from './programs.ts'

/** `npm start`: practice line, CRM and desk. Ctrl-C ends what it started. */

const { values: options } = parseArgs({
  options: { crm: { type: 'string' }, 'no-window': { type: 'boolean', default: false } },
})

const joinTries = 15
/** A program that ends sooner than this with a fault could not run here: no keyring, a library that is missing. */
const soonMs = 15_000
const say = (line: string) => console.log(line)
const root = fileURLToPath(new URL('..', import.meta.url))

function showWindow(url: string): void {
  if (options['no-window']) return
  const window = openAppWindow(url, join(dataFolder, 'browser'))
  if (window) running.push(window)
  say(
    window
      ? `Opened in ${window.browser}.`
      : 'Open the address in a browser on this computer; it can be used once.',
  )
}

/** What a start leaves beside its lock, so that the next knows whom it meets. */
type Started = { pid: number; crm: string | null } & (Desk | { doing: string })
type Desk = { crmUrl: string; desk: 'electron' | 'loopback' }
const startedFile = 'started.json'

/** The start that has the folder, unless it is dead and only its lock remains. */
function otherStart(): Started | null {
  const other = remembered<Started>(startedFile)
  if (!other) return null
  try {
    process.kill(other.pid, 0)
    return other
  } catch {
    return null
  }
}

/** Another start has the folder: its desk is shown again. One that was killed leaves a lock that goes stale, so this waits a little; for one that is still starting, as long as that takes. */
async function joinOther(): Promise<(() => Promise<void>) | null> {
  say('Ascolto is already running on this data folder, or was killed a moment ago…')
  let said = ''
  for (let tries = 0; tries < joinTries; ) {
    const other = otherStart()
    if (other && options.crm !== undefined && options.crm !== other.crm) {
      say(`It works with ${other.crm ?? 'the practice city'}, not with ${options.crm}. End it first.`)
      process.exitCode = 1
      return null
    }
    if (other && 'doing' in other) {
      if (other.doing !== said) say(`It is still starting (${other.doing}). This start waits for its desk.`)
      said = other.doing
    } else if (other && (await showsOther(other))) return null
    else tries++
    const release = await claim()
    if (release) return release
    await delay(1_000)
  }
  say(
    'Another start has the data folder, and its desk does not answer. End it, or take another folder with ASCOLTO_DATA.',
  )
  process.exitCode = 1
  return null
}

async function showsOther({ desk, crmUrl }: Desk): Promise<boolean> {
  if (desk === 'electron') {
    const binary = installedElectron()
    if (binary === null) return false
    say('This start shows its window.')
    spawn(binary, electronArguments(crmUrl), { stdio: 'ignore', detached: true }).unref()
    return true
  }
  const url = await joinRunning(deskFolder)
  if (url === null) return false
  say(`This start joins it.\n\n  ${url}\n`)
  if (!options['no-window']) openAppWindow(url, join(dataFolder, 'browser'))
  return true
}

const claim = () =>
  claimDataFolder(() => {
    say('The data folder is not kept for this start any more; it ends.')
    release = null
    process.exitCode = 1
    void stopAll().then(() => process.exit())
  })

const running: Pick<Program, 'stop'>[] = []
let stopping = false
let release: (() => Promise<void>) | null = null

async function stopAll(): Promise<void> {
  if (stopping) return
  stopping = true
  for (const program of running.reverse()) await program.stop()
  await release?.()
}

/** The others go on without a program that dies by itself, as they would in service. */
function keep(part: Part, args: string[], env: NodeJS.ProcessEnv = {}): Program {
  const program = spawnProgram(args, { cwd: root, env, log: programLog(part) })
  running.push(program)
  const started = program.ready.then(
    () => true,
    () => false,
  )
  const { onceEnded } = part
  if (onceEnded !== null)
    program.ended.then(async (code) => {
      if (!stopping && (await started)) sayEnded(part, program, code, onceEnded)
    })
  return program
}

function sayEnded({ name, log }: Part, program: Program, code: number | null, then: string): void {
  say(`${name} has ended (${code ?? 'signal'}); ${then}.`)
  const words = program.lastWords()
  if (words) say(`The last of its log (${logOf(log)}):\n${lastLines(words)}`)
}

/** `onceEnded`: what comes when it has died. Null: whoever keeps it says so. */
type Part = { name: string; log: string; onceEnded: string | null }
const onceEnded = 'the rest goes on. Ctrl-C, then start again, brings it back'
const practiceLine: Part = { name: 'The practice line', log: 'practice', onceEnded }
const crm: Part = { name: 'The CRM', log: 'crm', onceEnded }
const desk: Part = { name: 'The desk', log: 'desk', onceEnded: null }

const logFolder = join(dataFolder, 'logs')
const logOf = (log: string) => join(logFolder, `${log}.log`)
const lastLines = (words: string) => words.split('\n').slice(-5).join('\n')

const programLog = ({ name, log }: Part) => {
  const verbose = process.env.ASCOLTO_LOG !== undefined
  const write = openProgramLog(logOf(log))
  return (text: string) => {
    write(text)
    if (verbose) process.stderr.write(text.replace(/^/gm, `${name} `))
  }
}

/** The addresses are chosen before the programs start, so that these need not wait for each other. */
async function startPractice(port: number, env: NodeJS.ProcessEnv): Promise<void> {
  const program = keep(practiceLine, [programFile('practice'), '--port', String(port)], env)
  const { sipUrl, controlUrl, controlToken } = await program.ready
  if (sipUrl !== practiceAddresses(port).sipUrl)
    throw new Error(`port ${port} was taken meanwhile; start again`)
  remember(practiceFile, { controlUrl, controlToken })
  say(`Practice line, where citizens call from: ${controlUrl}#${controlToken}`)
}

const practiceAddresses = (port: number) => ({
  sipUrl: `ws://127.0.0.1:${port}/sip`,
  queueUrl: `ws://127.0.0.1:${port}/agent`,
})

async function startCrm(port: number, practicePort: number, env: NodeJS.ProcessEnv): Promise<void> {
  const { sipUrl, queueUrl } = practiceAddresses(practicePort)
  if (!existsSync(join(crmFolder, 'pglite')))
    sayMeanwhile('Making a synthetic city for the CRM (once, some ten seconds)…')
  const args = [
    'serve',
    '--port',
    String(port),
    '--data',
    crmFolder,
    '--sip-url',
    sipUrl,
    '--queue-url',
    queueUrl,
  ]
  // A database, or a mail server, that this shell has in its environment is another program's.
  const program = keep(crm, [programFile('crm'), ...args], { ...env, DATABASE_URL: '', SMTP_URL: '' })
  const { url } = await program.ready
  say(`CRM: ${url}/api/v1/openapi.json`)
  sayAccounts()
}

function sayAccounts(): void {
  const name = 'resources/city/accounts.json'
  let city: { password: string; accounts: { login: string; roles: string[] }[] }
  try {
    city = JSON.parse(readFileSync(join(root, name), 'utf8'))
  } catch (error) {
    // The accounts are in the database; only their names cannot be said.
    say(`${name}: ${error instanceof Error ? error.message : error}`)
    return
  }
  const { password, accounts } = city
  const names = accounts.map(({ login, roles }) => `${login} (${roles.join(', ')})`).join(', ')
  say(`Accounts of the practice city, all with the password ${password}: ${names}`)
}

const electronArguments = (crmUrl: string) => writeArguments(root, { crmUrl, dataDir: deskFolder })

async function electronToUse(): Promise<{ binary: string } | { absent: string }> {
  const display = process.env.DISPLAY || process.env.WAYLAND_DISPLAY || process.platform !== 'linux'
  const interrupt = new AbortController()
  const attempt = electronBinary(sayMeanwhile, interrupt.signal)
  running.push({
    stop: async () => {
      interrupt.abort()
      await attempt
    },
  })
  const electron = await attempt
  return 'binary' in electron && !display ? { absent: 'there is no display' } : electron
}

/** Resolves once the desk in Electron has ended by itself: whether it was one that could be used. */
async function runElectron(binary: string, crmUrl: string): Promise<boolean> {
  const began = performance.now()
  const child = spawn(binary, electronArguments(crmUrl), { stdio: 'inherit' })
  const ended = new Promise<number | null>((resolve) => {
    child.once('error', () => resolve(null))
    child.once('close', resolve)
  })
  running.push({
    stop: async () => {
      child.kill('SIGTERM')
      await ended
    },
  })
  const code = await ended
  return code === 0 || performance.now() - began > soonMs
}

type Loopback = { program: Program; url: string; ended: Program['ended'] }

async function startLoopback(port: number, crmUrl: string): Promise<Loopback> {
  const args = ['--data', deskFolder, '--crm', crmUrl, '--port', String(port)]
  const program = keep(desk, [programFile('desk'), ...args])
  const { url } = await program.ready
  if (!url) throw new Error('the desk did not say its address')
  return { program, url, ended: program.ended }
}

/** A desk that dies by itself is started anew, as Electron's shell does with its host, unless it dies again and again. */
const keepLoopback = (first: Loopback, start: () => Promise<Loopback>): Promise<void> =>
  keepAlive(first, {
    start,
    isStopping: () => stopping,
    runs({ url }) {
      say(`The desk runs again; windows of before are refused.\n\n  ${url}\n`)
      showWindow(url)
    },
    died: ({ program }, code, again) => sayEnded(desk, program, code, again ? 'it is started anew' : givenUp),
    failed(error, again) {
      say(`The desk did not start anew: ${error instanceof Error ? error.message : error}`)
      if (!again) say(`The desk: ${givenUp}.`)
    },
  })
const givenUp = 'it ends again and again. Ctrl-C, then start again, brings it back'

function startCity({ practice, crm }: Ports): Promise<void>[] {
  const env = { ASCOLTO_SIP_SECRET: sharedSipSecret() }
  return [startPractice(practice, env), startCrm(crm, practice, env)]
}

async function startAll(): Promise<void> {
  const ports = await choosePorts()
  const city = Promise.all(options.crm === undefined ? startCity(ports) : [])
  const crmUrl = options.crm ?? `http://127.0.0.1:${ports.crm}`
  // A program that cannot start ends the download too, which may take a minute.
  const electron = await Promise.race([electronToUse(), city.then(() => new Promise<never>(() => {}))])
  if (stopping) return
  const loopback = async (why: string) => {
    say(`Desk in the loopback host: ${why}.`)
    const open = () => startLoopback(ports.desk, crmUrl)
    const [first] = await Promise.all([open(), city])
    leaveWord({ desk: 'loopback', crmUrl })
    void keepLoopback(first, open)
    say(`\n  ${first.url}\n`)
    showWindow(first.url)
  }
  if ('absent' in electron) return loopback(`no Electron here (${electron.absent})`)
  await city
  leaveWord({ desk: 'electron', crmUrl })
  void runElectron(electron.binary, crmUrl).then(async (usable) => {
    if (stopping) return
    if (usable) return stopAll()
    await loopback('Electron ended as soon as it began').catch(failed)
  })
}

const leaveWord = (word: Desk | { doing: string }) =>
  remember(startedFile, { pid: process.pid, crm: options.crm ?? null, ...word } satisfies Started)

/** Says what takes longer, here and to a start that waits for this one. */
function sayMeanwhile(line: string): void {
  say(line)
  leaveWord({ doing: line.replace(/…$/, '') })
}

async function failed(error: unknown): Promise<void> {
  // Whoever ends a start ends its programs before they are ready.
  if (stopping) return
  say(
    `Ascolto did not start: ${error instanceof Error ? error.message : error}.\nThe programs’ logs are in ${logFolder}.`,
  )
  process.exitCode = 1
  await stopAll()
}

async function start(): Promise<void> {
  openDataFolder()
  release = (await claim()) ?? (await joinOther())
  if (!release) return
  leaveWord({ doing: 'its programs start' })
  const end = () => {
    say('\nEnding…')
    void stopAll().then(() => process.exit(0))
  }
  process.on('SIGINT', end)
  process.on('SIGTERM', end)
  try {
    await build(sayMeanwhile)
    await startAll()
    if (!stopping) say('Ctrl-C ends everything.')
  } catch (error) {
    await failed(error)
  }
}

await start()
