import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser } from '@playwright/test'
import { type Kamailio, openKamailio } from '../support/kamailio.ts'
import { launchChromium } from '../support/media-page/media-page.ts'
import { openStunServer } from '../support/stun-server.ts'
import { openOurs } from './call-setup/our-side.ts'
import { buildPeers, openPeer } from './call-setup/peer-side.ts'
import { dialledExtension, type Side } from './call-setup/side.ts'
import { Trunk } from './call-setup/trunk-side.ts'
import { type Bench, judge, load, type Result, type Spread, spread, table } from './lib/bench.ts'
import { aheadIn } from './lib/clock.ts'

const sides = ['ours', 'SIP.js page', 'JsSIP page'] as const
type SideName = (typeof sides)[number]
const stages = ['INVITE to 180', 'click to 200', 'click to first RTP', 'dialled to INVITE'] as const
type Stage = (typeof stages)[number]
export type Stun = 'fine' | 'black-holed'

/** By side and stage, ms. */
export type Taken = Record<SideName, Record<Stage, number[]>>

const calls = 300
const blocks = 5
/** A peer whose answer waits for seconds keeps nothing busy: so many of its calls wait at once. */
const lanes = 15
/** And so many times fewer of them are dialled, or the peers would take an hour. */
const fewer = 4

export const bench: Bench = {
  about:
    'setting up a call on Kamailio and rtpengine, beside SIP.js and JsSIP in the page, with STUN fine and black-holed',
  async run(say) {
    const fine = await measure('fine', calls, say)
    const holed = await measure('black-holed', calls, say)
    return report(fine, holed, say)
  },
}

const nothing = (): Taken => {
  const none = (): Record<Stage, number[]> => ({
    'INVITE to 180': [],
    'click to 200': [],
    'click to first RTP': [],
    'dialled to INVITE': [],
  })
  return { ours: none(), 'SIP.js page': none(), 'JsSIP page': none() }
}

export async function measure(stun: Stun, count: number, say: (text: string) => void): Promise<Taken> {
  const undo: (() => unknown)[] = []
  try {
    const folder = await mkdtemp(join(tmpdir(), 'ascolto-bench-'))
    undo.push(() => rm(folder, { recursive: true, force: true }))
    await buildPeers(folder)
    const server = await openStunServer({ answers: stun === 'fine' })
    undo.push(() => server.close())
    const kamailio = await openKamailio()
    undo.push(() => kamailio.close())
    const trunk = new Trunk(kamailio.udpPort)
    undo.push(() => trunk.close())
    const opened = await openSides(kamailio, folder, server.url, undo)
    const taken = nothing()
    // What is done for the first time in a process is nobody's every day.
    await place(opened, sides, trunk, 3, nothing())
    const each = Math.ceil(count / blocks)
    for (let block = 0; block < blocks; block++) {
      const inTurn = [...sides.slice(block % sides.length), ...sides.slice(0, block % sides.length)]
      await place(opened, inTurn, trunk, each, taken)
      for (const name of inTurn) {
        const waits = stun === 'black-holed' && name !== 'ours'
        const some = waits ? Math.ceil(each / fewer) : each
        await dial(opened[name], trunk, some, waits ? lanes : 1, taken[name])
      }
      say(`STUN ${stun}, block ${block + 1} of ${blocks} done, load average ${load()}`)
    }
    return taken
  } finally {
    for (const step of undo.toReversed()) await step()
  }
}

async function openSides(
  { sipUrl }: Kamailio,
  pages: string,
  stun: string,
  undo: (() => unknown)[],
): Promise<Record<SideName, Side>> {
  // A browser each, so that nobody's page waits for another's.
  const browser = async (): Promise<Browser> => {
    const launched = await launchChromium()
    undo.push(() => launched.close())
    return launched
  }
  const opened = {
    ours: await openOurs(await browser(), { extension: '2001', sipUrl, stun }),
    'SIP.js page': await openPeer(await browser(), pages, {
      ...{ peer: 'sipjs', extension: '2101', sipUrl, stun },
    }),
    'JsSIP page': await openPeer(await browser(), pages, {
      ...{ peer: 'jssip', extension: '2102', sipUrl, stun },
    }),
  } as const
  for (const side of Object.values(opened)) undo.push(() => side.close())
  return opened
}

/** One call each, in turn: no operator has the next one while the last one's ringing is still being put away. */
async function place(
  opened: Record<SideName, Side>,
  inTurn: readonly SideName[],
  trunk: Trunk,
  count: number,
  taken: Taken,
): Promise<void> {
  const clocks = new Map<SideName, number>()
  for (const name of inTurn) {
    await opened[name].page.bringToFront()
    clocks.set(name, await aheadIn(opened[name].page))
  }
  for (let call = 0; call < count; call++) {
    for (const name of inTurn) {
      const side = opened[name]
      const callId = crypto.randomUUID()
      const placed = await trunk.place(side.extension, callId)
      if ('failed' in placed) throw new Error(`a call to ${side.extension} came to nothing: ${placed.failed}`)
      const clickedAt = (await side.clickedAt(callId)) + (clocks.get(name) ?? Number.NaN)
      taken[name]['INVITE to 180'].push(placed.ringingAt - placed.invitedAt)
      taken[name]['click to 200'].push(placed.okAt - clickedAt)
      taken[name]['click to first RTP'].push(placed.rtpAt - clickedAt)
      await side.idle()
    }
  }
}

async function dial(
  side: Side,
  trunk: Trunk,
  count: number,
  at: number,
  taken: Record<Stage, number[]>,
): Promise<void> {
  const ahead = await aheadIn(side.page)
  let left = count
  const lane = async () => {
    while (left-- > 0) {
      const { clickedAt, key } = await side.dial(dialledExtension)
      const dialledAt = clickedAt + ahead
      taken['dialled to INVITE'].push((await trunk.dialledAt(key, dialledAt)) - dialledAt)
    }
  }
  await Promise.all(Array.from({ length: at }, lane))
}

export function report(fine: Taken, holed: Taken, say: (text: string) => void): Result[] {
  const of = (taken: Taken, name: SideName, stage: Stage): Spread => spread(taken[name][stage])
  const result = (
    name: string,
    taken: Taken,
    stage: Stage,
    target: (best: Record<'sipjs' | 'jssip', Spread>) => Partial<Spread> | null,
  ): Result => {
    const sipjs = of(taken, 'SIP.js page', stage)
    const jssip = of(taken, 'JsSIP page', stage)
    return judge({
      name,
      unit: 'ms',
      ours: of(taken, 'ours', stage),
      peers: { 'SIP.js page': sipjs, 'JsSIP page': jssip },
      limit: null,
      target: target({ sipjs, jssip }),
    })
  }
  const cost = (name: SideName, stage: Stage): number =>
    of(holed, name, stage).p50 - of(fine, name, stage).p50
  const same = (value: number): Spread => ({ p50: value, p95: value, p99: value, max: value, n: 1 })
  const results = [
    result('INVITE to 180, STUN fine', fine, 'INVITE to 180', ({ sipjs }) => ({
      p50: 1.2 * sipjs.p50,
      p99: 1.5 * sipjs.p99,
    })),
    result('click to 200, STUN fine', fine, 'click to 200', ({ sipjs, jssip }) => ({
      p50: 1.2 * Math.min(sipjs.p50, jssip.p50),
    })),
    result('click to first RTP, STUN fine', fine, 'click to first RTP', () => null),
    result('dialled to INVITE, STUN fine', fine, 'dialled to INVITE', () => null),
    result('INVITE to 180, STUN black-holed', holed, 'INVITE to 180', () => null),
    result('click to 200, STUN black-holed', holed, 'click to 200', () => null),
    result('click to first RTP, STUN black-holed', holed, 'click to first RTP', () => null),
    result('dialled to INVITE, STUN black-holed', holed, 'dialled to INVITE', () => null),
    ...(['click to 200', 'dialled to INVITE'] as const).map((stage) =>
      judge({
        name: `what a black-holed STUN server costs, ${stage}, difference of the medians`,
        unit: 'ms',
        ours: same(cost('ours', stage)),
        peers: {
          'SIP.js page': same(cost('SIP.js page', stage)),
          'JsSIP page': same(cost('JsSIP page', stage)),
        },
        limit: null,
        target: { p50: 500 },
      }),
    ),
  ]
  const row = (side: string, { p50, p95, p99, max, n }: Spread) => [side, p50, p95, p99, max, String(n)]
  for (const { name, ours, peers, met } of results) {
    say(`\n${name}, ms${met === null ? '' : met ? ': reached' : ': missed'}`)
    say(
      table([
        ['', 'p50', 'p95', 'p99', 'max', 'n'],
        row('ours', ours),
        ...Object.entries(peers).map(([side, figures]) => row(side, figures)),
      ]),
    )
  }
  return results
}
