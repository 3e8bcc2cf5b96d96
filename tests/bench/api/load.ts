import { setTimeout as wait } from 'node:timers/promises'
import { Client } from 'undici'
import type { CommandEnvelope } from '#contract/commands/registry.ts'
import { crmPrefix } from '#contract/crm.ts'
import { newId } from '#contract/domain/ids.ts'

/** The process of the desks, which does nothing but ask: two cores are little, and what asks has its share of them. */

export type Caller = { id: string; number: string }
export type BusyDesk = { authorization: string; device: string; streamId: string; n: number }
/** How long each took, in ms. */
export type Spaced = { reads: number[]; writes: number[]; errors: number }
export type Order =
  | { kind: 'desks'; url: string; desks: BusyDesk[]; callers: Caller[] }
  | { kind: 'pace'; warmUpSeconds: number; seconds: number }
  | { kind: 'saturate'; atOnce: number; seconds: number }
export type Answer = { kind: 'desks' } | { kind: 'pace'; spaced: Spaced } | { kind: 'saturate'; done: number }

/** A desk as it stands on a table: with a connection of its own. */
class Desk {
  readonly #who: BusyDesk
  readonly #client: Client

  constructor(url: string, who: BusyDesk) {
    this.#who = who
    this.#client = new Client(url)
  }

  /** Who calls from a number, audited. Rejects for any answer but 200. */
  async read({ number }: Caller): Promise<void> {
    const question = { number, contactId: newId() }
    await this.#post('/caller-context', this.#who.authorization, question)
  }

  /** A call was answered: the command `contact.open`, pushed by the desk. */
  async write({ id: citizenId, number: callerNumber }: Caller): Promise<void> {
    this.#who.n += 1
    const now = Date.now()
    const opened: CommandEnvelope = {
      n: this.#who.n,
      id: newId(),
      at: new Date(now).toISOString(),
      name: 'contact.open',
      args: {
        ...{ id: newId(), channel: 'phone', direction: 'inbound', queue: 'anagrafe', practice: false },
        ...{ citizenId, callerNumber },
        startedAt: new Date(now - 60_000).toISOString(),
        answeredAt: new Date(now - 55_000).toISOString(),
      },
    }
    const path = `/sync/streams/${this.#who.streamId}/commands`
    const text = await this.#post(path, this.#who.device, { commands: [opened] })
    if (!text.includes('"applied"')) throw new Error(`not applied: ${text}`)
  }

  #post(path: string, authorization: string, body: object): Promise<string> {
    return new Promise((resolve, reject) => {
      let status = 0
      let text = ''
      const headers = { authorization, 'content-type': 'application/json' }
      this.#client.dispatch(
        { path: `${crmPrefix}${path}`, method: 'POST', headers, body: JSON.stringify(body) },
        {
          onRequestStart() {},
          onResponseStart(_, code) {
            status = code
          },
          onResponseData(_, part) {
            text += part.toString()
          },
          onResponseEnd: () => (status === 200 ? resolve(text) : reject(new Error(`${status}: ${text}`))),
          onResponseError: (_, error) => reject(error),
        },
      )
    })
  }
}

let desks: Desk[] = []
let callers: Caller[] = []
const nthOf = <T>(all: readonly T[], nth: number): T => {
  const one = all[nth % all.length]
  if (one === undefined) throw new Error('there are none')
  return one
}

/** When the nth is due, in ms: the rate rises evenly in the first half of the warm-up, then one comes `every` so many ms. */
function due(nth: number, every: number, rising: number): number {
  const whileRising = rising / every / 2
  return nth < whileRising ? Math.sqrt(2 * rising * nth * every) : rising + (nth - whileRising) * every
}

/** Timed from the moment each was due: who waits for a slow one is late too. */
async function atTheirPace(warmUpSeconds: number, seconds: number): Promise<Spaced> {
  const took: Spaced = { reads: [], writes: [], errors: 0 }
  const begun = performance.now()
  const running = new Set<Promise<void>>()
  const send = (kind: 'reads' | 'writes', nth: number, at: number) => {
    const desk = nthOf(desks, nth)
    const caller = nthOf(callers, nth)
    const one = (kind === 'reads' ? desk.read(caller) : desk.write(caller))
      .then(
        () => {
          if (at >= warmUpSeconds * 1000) took[kind].push(performance.now() - begun - at)
        },
        () => {
          took.errors += 1
        },
      )
      .finally(() => running.delete(one))
    running.add(one)
  }
  const rising = (warmUpSeconds * 1000) / 2
  const readEvery = 1000 / desks.length
  const writeEvery = 5000 / desks.length
  const until = (warmUpSeconds + seconds) * 1000
  for (let reads = 0, writes = 0; ; ) {
    const elapsed = performance.now() - begun
    const now = Math.min(elapsed, until)
    for (let at = due(reads, readEvery, rising); at <= now; at = due(++reads, readEvery, rising))
      send('reads', reads, at)
    for (let at = due(writes, writeEvery, rising); at <= now; at = due(++writes, writeEvery, rising))
      send('writes', writes, at)
    if (elapsed >= until) break
    await wait(1)
  }
  await Promise.all(running)
  return took
}

/** Each at once has desks of its own. */
async function asFastAsItGoes(atOnce: number, seconds: number): Promise<number> {
  const until = performance.now() + seconds * 1000
  const desksOfEach = desks.length / atOnce
  let done = 0
  await Promise.all(
    Array.from({ length: atOnce }, async (_, one) => {
      for (let nth = 0; performance.now() < until; nth++) {
        await nthOf(desks, one * desksOfEach + (nth % desksOfEach)).write(nthOf(callers, one * 397 + nth))
        done += 1
      }
    }),
  )
  return done
}

async function follow(order: Order): Promise<Answer> {
  switch (order.kind) {
    case 'desks':
      callers = order.callers
      desks = order.desks.map((desk) => new Desk(order.url, desk))
      return { kind: 'desks' }
    case 'pace':
      return { kind: 'pace', spaced: await atTheirPace(order.warmUpSeconds, order.seconds) }
    case 'saturate':
      return { kind: 'saturate', done: await asFastAsItGoes(order.atOnce, order.seconds) }
  }
}

process.on('message', async (order: Order) => {
  process.send?.(await follow(order))
})
