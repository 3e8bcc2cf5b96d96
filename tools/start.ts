import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { writeArguments } from '../src/main/electron/arguments.ts'
import { joinRunning } from '../src/main/loopback/join.ts'
import { openAppWindow } from './app-window.ts'
import { buildPage } from './build-page.ts'
import {
  claimDataFolder,
  dataFolder,
  isDataFolderInUse,
  openDataFolder,
  sharedSipSecret,
} from './data-folder.ts'
import { electronBinary } from './electron-binary.ts'
import { choosePorts } from './ports.ts'
import { type Program, spawnProgram } from './process.ts'

/** `npm start`: practice line, CRM and desk. Ctrl-C ends what it started. */

const { values: options } = parseArgs({
  options: { crm: { type: 'string' }, 'no-window': { type: 'boolean', default: false } },
})

const joinTries = 15
const say = (line: string) => console.log(line)
const root = new URL('..', import.meta.url).pathname
const deskFolder = join(dataFolder, 'desk')

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

/** Another start has the folder: its desk is shown again. One that was killed leaves a lock that goes stale, so this waits a little. */
async function joinOther(): Promise<(() => Promise<void>) | null> {
  const electron = electronToUse()
  if ('binary' in electron && (await isDataFolderInUse())) {
    say('Ascolto is already running; this start shows its window.')
    spawn(electron.binary, electronArguments(options.crm ?? null), {
      stdio: 'ignore',
      detached: true,
    }).unref()
    return null
  }
  say('Ascolto is already running on this data folder, or was killed a moment ago…')
  for (let tries = 0; tries < joinTries; tries++) {
    const url = await joinRunning(deskFolder)
    if (url) {
      say(`This start joins it.\n\n  ${url}\n`)
      if (!options['no-window']) openAppWindow(url, join(dataFolder, 'browser'))
      return null
    }
    const release = await claimDataFolder()
    if (release) return release
    await delay(1_000)
  }
  say(
    'Another start has the data folder, and its desk does not answer. End it, or take another folder with ASCOLTO_DATA.',
  )
  process.exitCode = 1
  return null
}

const running: Pick<Program, 'stop'>[] = []
let stopping = false
let release: (() => Promise<void>) | null = null

async function stopAll(): Promise<void> {
  if (stopping) return
  stopping = true
  for (const program of running.reverse()) await program.stop()
  await release?.()
}

/** A program that dies by itself is said; the others go on, as they would in service. */
function keep(name: string, args: string[], env: NodeJS.ProcessEnv = {}): Program {
  const program = spawnProgram(args, { cwd: root, env, log: programLog(name) })
  running.push(program)
  const started = program.ready.then(
    () => true,
    () => false,
  )
  program.ended.then(async (code) => {
    if (stopping || !(await started)) return
    say(
      `${name} has ended (${code ?? 'signal'}); the rest goes on. Ctrl-C, then start again, brings it back.`,
    )
  })
  return program
}

const programLog = (name: string) => {
  const verbose = process.env.ASCOLTO_LOG !== undefined
  return (text: string) => {
    if (verbose) process.stderr.write(text.replace(/^/gm, `${name} `))
  }
}

/** The addresses are chosen before the programs start, so that these need not wait for each other. */
async function startPractice(port: number, env: NodeJS.ProcessEnv): Promise<void> {
  const program = keep('The practice line', ['src/practice/main.ts', '--port', String(port)], env)
  const { sipUrl, controlUrl, controlToken } = await program.ready
  if (sipUrl !== practiceAddresses(port).sipUrl)
    throw new Error(`port ${port} was taken meanwhile; start again`)
  say(`Practice line, where citizens call from: ${controlUrl}#${controlToken}`)
}

const practiceAddresses = (port: number) => ({
  sipUrl: `ws://127.0.0.1:${port}/sip`,
  queueUrl: `ws://127.0.0.1:${port}/agent`,
})

async function startCrm(port: number, practicePort: number, env: NodeJS.ProcessEnv): Promise<void> {
  const data = join(dataFolder, 'crm')
  const { sipUrl, queueUrl } = practiceAddresses(practicePort)
  if (!existsSync(data)) say('Making a synthetic city for the CRM (once, some ten seconds)…')
  const args = ['serve', '--port', String(port), '--data', data, '--sip-url', sipUrl, '--queue-url', queueUrl]
  const program = keep('The CRM', ['src/crm/main.ts', ...args], env)
  const { url } = await program.ready
  say(`CRM: ${url}/api/v1/openapi.json`)
  sayAccounts()
}

function sayAccounts(): void {
  const { password, accounts } = JSON.parse(
    readFileSync(join(root, 'resources/city/accounts.json'), 'utf8'),
  ) as {
    password: string
    accounts: { login: string; roles: string[] }[]
  }
  const names = accounts.map(({ login, roles }) => `${login} (${roles.join(', ')})`).join(', ')
  say(`Accounts of the practice city, all with the password ${password}: ${names}`)
}

const electronArguments = (crmUrl: string | null) => writeArguments(root, { crmUrl, dataDir: deskFolder })

function electronToUse(): { binary: string } | { absent: string } {
  const display = process.env.DISPLAY || process.env.WAYLAND_DISPLAY || process.platform !== 'linux'
  const electron = electronBinary(say)
  return 'binary' in electron && !display ? { absent: 'there is no display' } : electron
}

function startElectron(binary: string, crmUrl: string): void {
  const child = spawn(binary, electronArguments(crmUrl), { stdio: 'inherit' })
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  running.push({
    stop: async () => {
      child.kill('SIGTERM')
      await ended
    },
  })
  void ended.then(stopAll)
}

async function startLoopback(port: number, crmUrl: string): Promise<string> {
  const program = keep('The desk', [
    'src/main/loopback.ts',
    '--data',
    deskFolder,
    '--crm',
    crmUrl,
    '--port',
    String(port),
  ])
  const { url } = await program.ready
  if (!url) throw new Error('the desk did not say its address')
  return url
}

async function startAll(): Promise<void> {
  const ports = await choosePorts()
  const city: Promise<void>[] = []
  if (options.crm === undefined) {
    const env = { ASCOLTO_SIP_SECRET: sharedSipSecret() }
    city.push(startPractice(ports.practice, env), startCrm(ports.crm, ports.practice, env))
  }
  const crmUrl = options.crm ?? `http://127.0.0.1:${ports.crm}`
  const electron = electronToUse()
  if ('binary' in electron) {
    await Promise.all(city)
    startElectron(electron.binary, crmUrl)
    return
  }
  say(`Desk in the loopback host: no Electron here (${electron.absent}).`)
  const [url] = await Promise.all([startLoopback(ports.desk, crmUrl), ...city])
  say(`\n  ${url}\n`)
  showWindow(url)
}

async function start(): Promise<void> {
  openDataFolder()
  release = (await claimDataFolder()) ?? (await joinOther())
  if (!release) return
  const end = () => {
    say('\nEnding…')
    void stopAll().then(() => process.exit(0))
  }
  process.on('SIGINT', end)
  process.on('SIGTERM', end)
  try {
    if (!buildPage(say)) throw new Error('the page could not be built')
    await startAll()
    say('Ctrl-C ends everything.')
  } catch (error) {
    say(
      `Ascolto did not start: ${error instanceof Error ? error.message : error}.\nMore with ASCOLTO_LOG=info.`,
    )
    process.exitCode = 1
    await stopAll()
  }
}

await start()
