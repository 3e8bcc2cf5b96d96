import { mkdtemp, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { newId } from '#contract/domain/ids.ts'
import { type CrmProcess, crmApi, pullPage, startCrmProcess } from '../support/crm.ts'
import { command, ticketArgs } from '../support/crm-city.ts'
import { freePort } from '../support/free-port.ts'
import { startPostgres, type TestPostgres } from '../support/postgres.ts'
import { signIn } from '../support/sign-in.ts'

const password = 'ascolto-prova'

let postgres: TestPostgres
let folder: string
beforeAll(async () => {
  postgres = await startPostgres()
  folder = await mkdtemp(join(tmpdir(), 'ascolto-processes-'))
})
afterAll(async () => {
  await postgres.stop()
  await rm(folder, { recursive: true, force: true })
})

/** Elena at a new desk. */
async function begin(url: string) {
  const { accessToken } = await signIn(url, 'elena', password)
  const authorization = `Bearer ${accessToken}`
  const { deviceId, secret } = await crmApi(url, authorization).devices.register({ name: 'Desk' })
  const streamId = newId()
  await crmApi(url, authorization).sync.registerStream({ streamId, deviceId })
  return { authorization, deviceId, streamId, credential: `Device ${deviceId}.${secret}` }
}
const opening = () => ticketArgs({ topicId: 'identity-card' })

/** Reads on where the feed was left; what it says of tickets, and how far the streams are. */
function reader(url: string, { authorization, deviceId }: { authorization: string; deviceId: string }) {
  let cursor: string | undefined
  const tickets = new Set<string>()
  let applied = 0
  return {
    tickets,
    async on(): Promise<number> {
      for (let more = true; more; ) {
        for (const line of await pullPage(url, authorization, { device: deviceId, cursor })) {
          if (line.type === 'row' && line.entity === 'ticket') tickets.add(line.id)
          if (line.type === 'applied') applied = line.n
          if (line.type === 'end') ({ cursor, more } = line)
        }
      }
      return applied
    },
  }
}

test('what is pushed to one process is told by the notices of another, and is in its feed', async () => {
  const shared = { dataDir: folder, databaseUrl: await postgres.createDatabase() }
  const one = await startCrmProcess(shared)
  onTestFinished(() => one.stop())
  // Behind one address, as processes of one database are: its tokens are of one issuer.
  const port = await freePort()
  const other = await startCrmProcess({ ...shared, port, args: ['--public-url', one.url] })
  onTestFinished(() => other.stop())
  const otherUrl = `http://127.0.0.1:${port}`
  const here = await begin(one.url)
  const there = reader(otherUrl, here)
  await there.on()

  const notices = await crmApi(otherUrl, here.authorization).sync.notices()
  await notices.next()
  for (let n = 1; n <= 3; n += 1) {
    const told = notices.next()
    const ticket = opening()
    const { results } = await crmApi(one.url, here.credential).sync.push({
      streamId: here.streamId,
      commands: [command(n, 'ticket.open', ticket)],
    })
    expect(results).toMatchObject([{ status: 'applied' }])
    const pushed = performance.now()
    expect(await told).toEqual({ done: false, value: { pull: true } })
    // By the notification, not by looking now and then.
    expect(performance.now() - pushed).toBeLessThan(10_000)
    expect(await there.on()).toBe(n)
    expect(there.tickets).toContain(ticket.id)
  }
  // And the other way round: what one has taken, the other knows as done.
  const again = command(4, 'ticket.open', opening())
  for (const url of [otherUrl, one.url]) {
    const { results, lastN } = await crmApi(url, here.credential).sync.push({
      streamId: here.streamId,
      commands: [again],
    })
    expect([results, lastN]).toMatchObject([[{ id: again.id, status: 'applied' }], 4])
  }
  await notices.return?.()
}, 120_000)

const refuses = (url: string) =>
  new Promise<boolean>((resolve) => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1')
    socket.once('connect', () => {
      socket.destroy()
      resolve(false)
    })
    socket.once('error', () => resolve(true))
  })

test.each(['answers it whole', 'leaves it to be sent again when it takes too long'])(
  'told to stop while a push is carried out, a process %s: no command is lost',
  async (what) => {
    const databaseUrl = await postgres.createDatabase()
    const options = { dataDir: folder, databaseUrl }
    let crm: CrmProcess = await startCrmProcess(options)
    onTestFinished(() => crm.stop())
    const port = Number(new URL(crm.url).port)
    const desk = await begin(crm.url)
    const feed = reader(crm.url, desk)
    await feed.on()
    // Those of the city that was there.
    feed.tickets.clear()

    const tickets = Array.from({ length: 60 }, opening)
    const commands = tickets.map((ticket, i) => command(i + 1, 'ticket.open', ticket))
    const push = () => crmApi(crm.url, desk.credential).sync.push({ streamId: desk.streamId, commands })
    const answer = push().catch(() => 'cut' as const)
    while ((await feed.on()) < 5) await delay(20)
    // In the middle of it: the next command waits.
    const holding = new pg.Client(databaseUrl)
    await holding.connect()
    await holding.query('begin')
    await holding.query('select 1 from streams where id = $1 for update', [desk.streamId])
    const stopped = crm.stop()
    while (!(await refuses(crm.url))) await delay(20)
    const isAnswered = what.startsWith('answers')
    if (!isAnswered) expect(await answer).toBe('cut')
    await holding.query('rollback')
    await holding.end()
    const released = performance.now()
    const answered = await answer
    if (isAnswered) expect(answered).toMatchObject({ lastN: commands.length })
    await stopped
    // By itself, not because it was ended.
    expect(performance.now() - released).toBeLessThan(4_000)

    crm = await startCrmProcess({ ...options, port })
    const before = await feed.on()
    expect(feed.tickets.size).toBe(before)
    if (isAnswered) expect(before).toBe(commands.length)
    else expect([before > 5, before < commands.length]).toEqual([true, true])
    const { results, lastN } = await push()
    expect(lastN).toBe(commands.length)
    expect(results.map(({ status }) => status)).toEqual(commands.map(() => 'applied'))
    await feed.on()
    expect([...feed.tickets].toSorted()).toEqual(tickets.map(({ id }) => id).toSorted())
  },
  120_000,
)
