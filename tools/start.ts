import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { joinRunning } from '../src/main/loopback/join.ts'
import { openAppWindow } from './app-window.ts'
import { buildPage } from './build-page.ts'
import {
  claimDataFolder,
  dataFolder,
  openDataFolder,
  releaseDataFolder,
  remember,
  remembered,
  runningInstance,
  sharedSipSecret,
} from './data-folder.ts'
import { electronBinary } from './electron-binary.ts'
import { type Program, startProgram } from './process.ts'

/** `npm start`: practice line, CRM and desk, in this order, for each needs the one before. Ctrl-C ends what it started. */

const { values: options } = parseArgs({
  options: { crm: { type: 'string' }, 'no-window': { type: 'boolean', default: false } },
})

const say = (line: string) => console.log(line)
const root = new URL('..', import.meta.url).pathname
const deskFolder = join(dataFolder, 'desk')

type Ports = { practice: number; crm: number; desk: number }
const lastPorts: Ports = remembered<Ports>('ports.json') ?? { practice: 0, crm: 0, desk: 0 }
const portOf = (address: string) => Number(new URL(address).port)

async function joinOther(): Promise<void> {
  const url = await joinRunning(deskFolder)
  if (url) {
    say(`Ascolto is already running; this start joins it.\n\n  ${url}\n`)
    showWindow(url)
    return
  }
  say(
    `Ascolto is already running on this data folder (process ${runningInstance()?.pid}), and its window is not ready yet.`,
  )
  process.exitCode = 1
}

function showWindow(url: string): void {
  if (options['no-window']) return
  const browser = openAppWindow(url, join(dataFolder, 'browser'))
  say(
    browser
      ? `Opened in ${browser}.`
      : 'Open the address in a browser on this computer; it can be used once.',
  )
}

const running: Program[] = []
let stopping = false

async function stopAll(): Promise<void> {
  if (stopping) return
  stopping = true
  for (const program of running.reverse()) await program.stop()
  releaseDataFolder()
}

/** A program that dies by itself is said; the others go on, as they would in service. */
function keep(name: string, program: Program): Program {
  running.push(program)
  program.ended.then((code) => {
    if (!stopping)
      say(
        `${name} has ended (${code ?? 'signal'}); the rest goes on. End with Ctrl-C and start again to bring it back.`,
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

async function startCity(): Promise<string> {
  const env = { ASCOLTO_SIP_SECRET: sharedSipSecret() }
  const practice = keep(
    'The practice line',
    await startProgram(['src/practice/main.ts', '--port', String(lastPorts.practice)], {
      env,
      cwd: root,
      log: programLog('practice'),
    }),
  )
  const { sipUrl, queueUrl, controlUrl, controlToken } = practice.ready
  if (!sipUrl || !queueUrl || !controlUrl) throw new Error('the practice line did not say its addresses')
  lastPorts.practice = portOf(sipUrl)
  say(`Practice line, where citizens call from: ${controlUrl}#${controlToken}`)
  const crm = keep(
    'The CRM',
    await startProgram(
      [
        'src/crm/main.ts',
        'serve',
        '--port',
        String(lastPorts.crm),
        '--data',
        join(dataFolder, 'crm'),
        '--sip-url',
        sipUrl,
        '--queue-url',
        queueUrl,
      ],
      { env, cwd: root, log: programLog('crm') },
    ),
  )
  if (!crm.ready.url) throw new Error('the CRM did not say its address')
  lastPorts.crm = portOf(crm.ready.url)
  say(`CRM: ${crm.ready.url}/api/v1/openapi.json`)
  sayAccounts()
  return crm.ready.url
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

async function startDesk(crmUrl: string): Promise<void> {
  const electron = electronBinary(say)
  if (
    'binary' in electron &&
    (process.env.DISPLAY || process.env.WAYLAND_DISPLAY || process.platform !== 'linux')
  ) {
    const child = spawn(electron.binary, [root, `--data=${deskFolder}`, `--crm=${crmUrl}`], {
      stdio: 'inherit',
    })
    const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
    running.push({ ready: { ready: 'desk' }, child, ended, stop: async () => void child.kill('SIGTERM') })
    await ended
    await stopAll()
    return
  }
  say(
    `Desk in the loopback host: ${'absent' in electron ? `no Electron here (${electron.absent})` : 'there is no display'}.`,
  )
  const desk = keep(
    'The desk',
    await startProgram(
      ['src/main/loopback.ts', '--data', deskFolder, '--crm', crmUrl, '--port', String(lastPorts.desk)],
      {
        cwd: root,
        log: programLog('desk'),
      },
    ),
  )
  if (!desk.ready.url) throw new Error('the desk did not say its address')
  lastPorts.desk = portOf(desk.ready.url)
  say(`\n  ${desk.ready.url}\n`)
  showWindow(desk.ready.url)
}

async function start(): Promise<void> {
  openDataFolder()
  if (!claimDataFolder()) return joinOther()
  const end = () => {
    say('\nEnding…')
    void stopAll().then(() => process.exit(0))
  }
  process.on('SIGINT', end)
  process.on('SIGTERM', end)
  try {
    if (!buildPage(say)) throw new Error('the page could not be built')
    const crmUrl = options.crm ?? (await startCity())
    await startDesk(crmUrl)
    remember('ports.json', lastPorts)
    say('Ctrl-C ends everything.')
  } catch (error) {
    say(
      `Ascolto did not start: ${error instanceof Error ? error.message : error}. More with ASCOLTO_LOG=info.`,
    )
    process.exitCode = 1
    await stopAll()
  }
}

await start()
