import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type BrowserContext, chromium } from '@playwright/test'
import { pino } from 'pino'
import { type Line, openLine } from '../../src/practice/line.ts'
import { build } from '../../tools/build.ts'
import { startProgram } from '../../tools/process.ts'
import { programFile } from '../../tools/programs.ts'
import { chromiumPath } from '../support/chromium.ts'
import { freePort } from '../support/free-port.ts'
import { signIn } from '../support/sign-in.ts'
import { until } from '../support/until.ts'
import { type Bench, judge, load, type Result, spread, table } from './lib/bench.ts'
import { aheadHere, highResolutionNow } from './lib/clock.ts'
import { randomOf } from './lib/random.ts'
import { type Caller, databaseUrl, inScope, type Kind, kinds, openCity, pickCallers } from './pop/callers.ts'
import { CrmRoad } from './pop/crm-road.ts'
import { DeskSide, expected, type Invite, idle } from './pop/desk-side.ts'
import { FloorSide } from './pop/floor-side.ts'
import { buildPlainPages, expectedPlain, PlainSide, plainIdle, plainUser } from './pop/plain-side.ts'

const sipSecret = 'a secret that only this benchmark shares with itself'
const root = fileURLToPath(new URL('../..', import.meta.url))
const citizens = 5000
const eachKind = 75
const blocks = 5
const target = { p50: 25, p99: 60 }

type Stage = Kind | 'unknown: answer' | 'crm-only: answer'
/** `at`: the how manieth call of its block. */
type Taken = { stage: Stage; block: number; at: number; ms: number }

export const bench: Bench = {
  about: 'from the bytes of the INVITE to the painted context of the caller',
  async run(say) {
    const folder = await mkdtemp(join(tmpdir(), 'ascolto-bench-'))
    const undo: (() => unknown)[] = [() => rm(folder, { recursive: true, force: true })]
    try {
      return await measure(folder, undo, say)
    } finally {
      for (const step of undo.toReversed()) await step()
    }
  },
}

async function measure(
  folder: string,
  undo: (() => unknown)[],
  say: (text: string) => void,
): Promise<Result[]> {
  await build(say)
  await buildPlainPages(join(folder, 'pages'))
  const city = await openCity(join(folder, 'crm'), citizens)
  const line = await openLine({
    port: 0,
    sipSecret,
    log: pino({ level: 'silent' }),
    staticUsers: { [plainUser.extension]: plainUser.password },
  })
  undo.push(() => line.close())
  const road = await CrmRoad.open(join(folder, 'pages'))
  undo.push(() => road.close())
  const crm = await startCrm(join(folder, 'crm'), road, line)
  undo.push(() => crm.stop())

  const browser = await chromium.launch({
    executablePath: chromiumPath(),
    args: ['--use-fake-device-for-media-stream', '--allow-loopback-in-peer-connection'],
  })
  undo.push(() => browser.close())
  const context = (): Promise<BrowserContext> =>
    browser.newContext({
      locale: 'it-IT',
      timezoneId: 'Europe/Rome',
      viewport: { width: 1366, height: 768 },
      permissions: ['microphone'],
    })
  const desk = await DeskSide.open({
    context: await context(),
    dataDir: join(folder, 'desk'),
    crmUrl: road.url,
    login: 'elena',
    password: city.password,
  })
  undo.push(() => desk.close())
  await desk.filled()
  const floor = await FloorSide.open(await context(), road)
  const plain = await PlainSide.open(await context(), road, line)
  undo.push(() => plain.close())

  const { accessToken } = await signIn(road.url, 'elena', city.password)
  const held = await inScope(road.url, accessToken)
  const callers = pickCallers(city.directory, held, eachKind, randomOf(1))
  say(
    `CRM on ${city.engine}, ${city.citizens} citizens, ${held.size} of them in the desk's cache; Chromium ${browser.version()}`,
  )

  const ours: Taken[] = []
  const theirs: Taken[] = []
  const least: number[] = []
  for (let block = 0; block < blocks; block++) {
    const share = callers.filter((_, at) => at % blocks === block)
    const sides = [
      async () => ours.push(...(await deskBlock(desk, line, road, share, block, say))),
      async () => {
        const { accessToken } = await signIn(road.url, 'elena', city.password)
        await plain.setToken(accessToken)
        theirs.push(...(await plainBlock(plain, line, road, share, block)))
      },
      async () => least.push(...(await floor.measure(share.length))),
    ]
    for (const at of sides.keys()) await sides[(at + block) % sides.length]?.()
    say(`block ${block + 1} of ${blocks} done, load average ${load()}`)
  }
  return report(ours, theirs, least, say)
}

async function startCrm(dataDir: string, road: CrmRoad, line: Line) {
  // What it announces is its public address, which is the road's: its own has to be known beforehand.
  const port = await freePort()
  const crm = await startProgram(
    [
      programFile('crm'),
      ...['serve', '--port', String(port), '--data', dataDir, '--public-url', road.url],
      ...['--sip-url', line.sipUrl, '--queue-url', line.queueUrl],
    ],
    { cwd: root, env: { ASCOLTO_SIP_SECRET: sipSecret, DATABASE_URL: databaseUrl ?? '' } },
  )
  road.leadTo(`http://127.0.0.1:${port}`)
  return crm
}

/** A simulated citizen calls from this number and waits to be answered. */
const call = (line: Line, { number }: Caller) =>
  line.place('stays-on-the-line', { number, displayName: '', patienceSeconds: 60 })

/** The queue engine, as the control page shows it, has this many operators who may be rung. */
async function readyOperators(line: Line, wanted: number): Promise<void> {
  const states = async (): Promise<string> => {
    const answer = await fetch(new URL('control/state', line.controlUrl), {
      headers: { authorization: `Bearer ${line.controlToken}` },
    })
    return answer.text()
  }
  let ready = -1
  await until(`${wanted} operators ready`, () => {
    void states().then((text) => {
      const { agents } = JSON.parse(text) as { agents: { state: { kind: string } }[] }
      ready = agents.filter(({ state }) => state.kind === 'ready').length
    })
    return ready === wanted
  })
}

async function deskBlock(
  desk: DeskSide,
  line: Line,
  road: CrmRoad,
  callers: readonly Caller[],
  block: number,
  say: (text: string) => void,
): Promise<Taken[]> {
  await desk.page.bringToFront()
  await desk.ready()
  await readyOperators(line, 1)
  const pageAhead = await desk.ahead()
  const hereAhead = aheadHere()
  const rounds: { caller: Caller; placedAt: number; invite: Invite; painted: (number | null)[] }[] = []
  for (const caller of callers) {
    await desk.watch.arm(expected(caller))
    const invited = desk.nextInvite()
    const placedAt = highResolutionNow()
    const citizen = call(line, caller)
    const painted = await desk.watch.painted(`${caller.kind}, the desk`)
    rounds.push({ caller, placedAt, invite: await invited, painted })
    await desk.watch.arm([idle])
    citizen.hangUp()
    await desk.watch.painted('the desk at rest')
    await road.quiet()
  }
  await desk.pause()
  await readyOperators(line, 0)

  // The host cannot be asked for its clock; but an INVITE arrives after it was sent and before its arrival is logged.
  const earliest = Math.max(...rounds.map(({ placedAt, invite }) => placedAt + hereAhead - invite.arrivedAt))
  const latest = Math.min(...rounds.map(({ invite }) => invite.loggedAt + 1 - invite.arrivedAt))
  const hostAhead = Math.min(Math.max(0, earliest), latest)
  say(
    `clocks, ms behind the wall clock: page ${pageAhead.toFixed(2)}, here ${hereAhead.toFixed(2)}, host between ${earliest.toFixed(2)} and ${latest.toFixed(2)}, taken as ${hostAhead.toFixed(2)}`,
  )
  return rounds.flatMap(({ caller, invite, painted }, at): Taken[] => {
    const ms = (paintedAt: number): number => paintedAt + pageAhead - (invite.arrivedAt + hostAhead)
    const context = painted.at(-1)
    if (context == null) throw new Error('nothing was painted')
    const first = painted[0] ?? context
    if (caller.kind === 'known' || caller.kind === 'household')
      return [{ stage: caller.kind, block, at, ms: ms(context) }]
    return [
      { stage: caller.kind, block, at, ms: ms(first) },
      { stage: `${caller.kind}: answer`, block, at, ms: ms(context) },
    ]
  })
}

async function plainBlock(
  plain: PlainSide,
  line: Line,
  road: CrmRoad,
  callers: readonly Caller[],
  block: number,
): Promise<Taken[]> {
  await plain.page.bringToFront()
  await plain.ready()
  const taken: Taken[] = []
  for (const [at, caller] of callers.entries()) {
    await plain.watch.arm([expectedPlain(caller)])
    const citizen = call(line, caller)
    const [paintedAt] = await plain.watch.painted(`${caller.kind}, the plain page`)
    taken.push({ stage: caller.kind, block, at, ms: (paintedAt ?? Number.NaN) - (await plain.invitedAt()) })
    await plain.watch.arm([plainIdle])
    citizen.hangUp()
    await plain.watch.painted('the plain page at rest')
    await road.quiet()
  }
  await plain.pause()
  return taken
}

const says: Record<Stage, string> = {
  known: 'known',
  household: 'household',
  unknown: 'unknown: rings, CRM asked',
  'unknown: answer': 'unknown: CRM has answered',
  'crm-only': 'known only to the CRM: rings',
  'crm-only: answer': 'known only to the CRM: filled in',
}

function report(
  ours: readonly Taken[],
  theirs: readonly Taken[],
  least: readonly number[],
  say: (text: string) => void,
): Result[] {
  const of = (taken: readonly Taken[], stages: readonly Stage[]) =>
    taken.filter(({ stage }) => stages.includes(stage)).map(({ ms }) => ms)
  const limit = spread(least)
  const result = (
    name: string,
    stages: readonly Stage[],
    peer: readonly Kind[],
    bounds: typeof target | null,
  ) =>
    judge({
      name,
      unit: 'ms',
      ours: spread(of(ours, stages)),
      peers: { 'plain page': spread(of(theirs, peer)) },
      limit,
      target: bounds,
    })
  const results = [
    result('in the cache (known, household)', ['known', 'household'], ['known', 'household'], target),
    ...(Object.keys(says) as Stage[]).map((stage) =>
      result(
        says[stage],
        [stage],
        kinds.filter((kind) => stage.startsWith(kind)),
        null,
      ),
    ),
  ]
  const blockMedians = (taken: readonly Taken[]) => {
    const medians = Array.from(
      { length: blocks },
      (_, block) =>
        spread(
          of(
            taken.filter((one) => one.block === block),
            ['known', 'household'],
          ),
        ).p50,
    )
    return medians.map((ms) => ms.toFixed(1)).join(', ')
  }
  const cells = ({ p50, p95, p99, max, n }: Result['ours']) => [p50, p95, p99, max, String(n)]
  say('')
  say(
    table([
      ['ms', 'p50', 'p95', 'p99', 'max', 'n', '| plain page p50', 'p95', 'p99', 'max', 'n'],
      ...results.map(({ name, ours: own, peers }) => [
        name,
        ...cells(own),
        ...(peers['plain page'] ? cells(peers['plain page']) : []),
      ]),
      ['limit: socket to paint, empty page', ...cells(limit), '', '', '', '', ''],
    ]),
  )
  say(
    `\nmedians of the ${blocks} blocks, in the cache: ${blockMedians(ours)}; plain page: ${blockMedians(theirs)}`,
  )
  say(`the desk's first call: ${ours[0]?.ms.toFixed(1)} ms (${ours[0]?.stage})`)
  const slowest = ours
    .filter(({ stage }) => stage === 'known' || stage === 'household')
    .toSorted((a, b) => b.ms - a.ms)
    .slice(0, 8)
    .map(({ ms, stage, block, at }) => `${ms.toFixed(1)} ${stage} ${block + 1}/${at + 1}`)
  say(`the slowest in the cache, with block and call: ${slowest.join(', ')}`)
  return results
}
