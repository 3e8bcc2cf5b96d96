import { mkdtemp, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { newId } from '#contract/domain/ids.ts'
import { crmApi, pullPage, startCrmProcess } from '../support/crm.ts'
import { command, ticketArgs } from '../support/crm-city.ts'
import { freePort } from '../support/free-port.ts'
import { startCityPostgres, type TestPostgres } from '../support/postgres.ts'
import { signIn } from '../support/sign-in.ts'

const password = 'ascolto-prova'

let postgres: TestPostgres
let folder: string
beforeAll(async () => {
  postgres = await startCityPostgres()
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
function reader(deviceId: string) {
  let cursor: string | undefined
  const tickets = new Set<string>()
  let applied = 0
  return {
    tickets,
    async on(url: string, authorization: string): Promise<number> {
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
  const there = reader(here.deviceId)
  await there.on(otherUrl, here.authorization)

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
    expect(await there.on(otherUrl, here.authorization)).toBe(n)
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

/** Where the pushes of `holdPushes` wait. */
const heldAt = 6

/** The command that is the sixth of its stream waits, until it is let go. */
async function holdPushes(databaseUrl: string) {
  const client = new pg.Client(databaseUrl)
  await client.connect()
  await client.query(`
    create function wait_for_test() returns trigger language plpgsql as
      $$ begin perform pg_advisory_xact_lock(4711, 6); return new; end $$;
    create trigger wait_for_test before insert on commands
      for each row when (new.n = ${heldAt}) execute function wait_for_test()`)
  await client.query('select pg_advisory_lock(4711, 6)')
  /** How many connections the CRM has, and how many of them wait here. */
  const counts = async () => {
    const { rows } = await client.query<{ open: number; waiting: number }>(`
      select count(*)::int as open, (count(*) filter (where wait_event = 'advisory'))::int as waiting
      from pg_stat_activity where datname = current_database() and application_name = 'ascolto-crm'`)
    return rows[0]
  }
  return {
    async untilOneWaits() {
      while ((await counts())?.waiting !== 1) await delay(20)
    },
    /** Its store is being closed: what waits is done, and nothing after it. */
    async untilNoOtherIsOpen() {
      while ((await counts())?.open !== 1) await delay(20)
    },
    /** Ends the connection that holds the lock. */
    letGo: () => client.end(),
  }
}

test.each(['answers it whole', 'leaves it to be sent again when it takes too long'])(
  'told to stop while a push is carried out, a process %s: no command is lost',
  async (what) => {
    const databaseUrl = await postgres.createDatabase()
    const options = { dataDir: folder, databaseUrl }
    const first = await startCrmProcess(options)
    onTestFinished(() => first.stop())
    const desk = await begin(first.url)
    const feed = reader(desk.deviceId)
    await feed.on(first.url, desk.authorization)
    // Those of the city that was there.
    feed.tickets.clear()

    const tickets = Array.from({ length: 2 * heldAt }, opening)
    const commands = tickets.map((ticket, i) => command(i + 1, 'ticket.open', ticket))
    const push = (url: string) =>
      crmApi(url, desk.credential).sync.push({ streamId: desk.streamId, commands })
    const pushes = await holdPushes(databaseUrl)
    onTestFinished(pushes.letGo)
    const answer = push(first.url).catch(() => 'cut' as const)
    await pushes.untilOneWaits()
    const ended = first.end()
    while (!(await refuses(first.url))) await delay(20)
    const isAnswered = what.startsWith('answers')
    if (!isAnswered) {
      expect(await answer).toBe('cut')
      await pushes.untilNoOtherIsOpen()
    }
    await pushes.letGo()
    if (isAnswered) expect(await answer).toMatchObject({ lastN: commands.length })
    expect(await ended).toBe(0)

    const second = await startCrmProcess(options)
    onTestFinished(() => second.stop())
    const { accessToken } = await signIn(second.url, 'elena', password)
    const authorization = `Bearer ${accessToken}`
    const before = await feed.on(second.url, authorization)
    expect(feed.tickets.size).toBe(before)
    expect(before).toBe(isAnswered ? commands.length : heldAt)
    const { results, lastN } = await push(second.url)
    expect(lastN).toBe(commands.length)
    expect(results.map(({ status }) => status)).toEqual(commands.map(() => 'applied'))
    await feed.on(second.url, authorization)
    expect([...feed.tickets].toSorted()).toEqual(tickets.map(({ id }) => id).toSorted())
  },
  120_000,
)
