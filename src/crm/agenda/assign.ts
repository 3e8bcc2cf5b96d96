import { sql } from 'kysely'
import { Temporal } from 'temporal-polyfill'
import { v5 } from 'uuid'
import type { SlotOffer } from '#contract/crm-agenda.ts'
import type { Appointment } from '#contract/domain/appointment.ts'
import type { Id } from '#contract/domain/ids.ts'
import { Fault, type FaultData } from '#contract/errors.ts'
import { readAppointments } from '../appointments/rows.ts'
import { book, requireUnbooked } from '../appointments/visits.ts'
import { type ByChannel, deliveriesOf, reachOf } from '../messages/deliveries.ts'
import type { Sends } from '../messages/ports.ts'
import type { Db } from '../store/store.ts'
import { inTransaction } from '../store/transaction.ts'
import { nextFree, type Visit, visitOf } from './search.ts'

export type Assignment = {
  id: Id
  serviceId: string
  citizenIds: readonly Id[]
  confirmBy: string
  from: string
}

type Outcome = {
  proposed: Appointment[]
  unreached: { citizenId: Id; appointmentId: Id; told: ByChannel[] }[]
  failed: { citizenId: Id; fault: FaultData }[]
}

type Candidate = { id: string; municipio: number; zone: string }

/** So many days later a place in the person's own district is still better than an earlier one elsewhere. */
const patienceDays = 7
/** Places that others take meanwhile cost a try each. */
const tries = 10

/**
 * Proposes an appointment to each person, each in a transaction of its own. The appointment's id follows from the assignment's and the person's, so that
 * the same assignment again proposes nothing twice, wherever the first time broke off; while the first is still at it, both say the same of whom they
 * have come to.
 */
export async function assign(
  { db, sends }: { db: Db; sends: Sends },
  asked: Assignment,
  now: Date,
): Promise<Outcome> {
  if (Date.parse(asked.confirmBy) <= now.getTime()) {
    throw new Fault('invalid', 'input-invalid', { params: { field: 'confirmBy' } })
  }
  const visit = await visitOf(db, [asked.serviceId])
  const offices = await db
    .selectFrom('offices')
    .select([
      'id',
      sql<number>`(body->>'municipio')::integer`.as('municipio'),
      sql<string>`body->>'zone'`.as('zone'),
    ])
    .execute()
  const failed: { citizenId: Id; fault: FaultData }[] = []
  for (const citizenId of new Set(asked.citizenIds)) {
    try {
      await proposeOne(db, asked, visit, offices, citizenId)
    } catch (error) {
      if (!(error instanceof Fault)) throw error
      failed.push({ citizenId, fault: error.toData() })
    }
  }
  const ids = asked.citizenIds.map((citizenId) => v5(citizenId, asked.id))
  const proposed = await readAppointments(
    db,
    sql`a.id = any(${ids}::uuid[])`,
    sql`order by a.starts_at, a.id`,
  )
  const known = new Set(proposed.map(({ id }) => id))
  return {
    proposed,
    unreached: await unreachedOf(db, proposed, { sends, now }),
    // What the same assignment, asked for at the same time, has proposed to them is what they have been booked for.
    failed: failed.filter(({ citizenId }) => !known.has(v5(citizenId, asked.id))),
  }
}

async function unreachedOf(
  db: Db,
  proposed: readonly Appointment[],
  by: { sends: Sends; now: Date },
): Promise<Outcome['unreached']> {
  const open = proposed.filter(({ state }) => state === 'proposed')
  const messages = await deliveriesOf(
    db,
    open.map(({ id }) => id),
    ['proposal'],
  )
  return open.flatMap(({ id, citizenId, confirmBy, startsAt }) => {
    const told = messages.get(id) ?? []
    const reach = reachOf(told, { ...by, before: confirmBy ?? startsAt })
    return citizenId === null || reach !== 'none' ? [] : [{ citizenId, appointmentId: id, told }]
  })
}

async function proposeOne(
  db: Db,
  asked: Assignment,
  visit: Visit,
  offices: readonly Candidate[],
  citizenId: Id,
): Promise<void> {
  const id = v5(citizenId, asked.id)
  const known = await db.selectFrom('appointments').select('id').where('id', '=', id).executeTakeFirst()
  if (known) return
  const citizen = await db
    .selectFrom('citizens')
    .select('municipio')
    .where('id', '=', citizenId)
    .executeTakeFirst()
  if (!citizen) throw new Fault('not-found', 'citizen-gone')
  const own = offices.filter(({ municipio }) => municipio === citizen.municipio)
  for (let attempt = 1; ; attempt += 1) {
    const place = await bestPlace(db, asked, visit, offices, own)
    if (!place) throw new Fault('conflict', 'slot-taken')
    const booked = await inTransaction(db, async (trx) => {
      await requireUnbooked(trx, [asked.serviceId], citizenId)
      await book(trx, {
        ...{ id, serviceIds: [asked.serviceId], officeId: place.officeId, startsAt: place.startsAt },
        ...{ citizenId, contactId: null, holdId: null, leaseId: null, recoveryOf: null },
        ...{ channel: 'office', notify: 'known', confirmBy: asked.confirmBy },
      })
    })
      .then(() => true)
      .catch((error: unknown) => {
        const lost = error instanceof Fault && error.code === 'slot-taken'
        if (!lost || attempt >= tries) throw error
        return false
      })
    if (booked) return
  }
}

/** After `confirmBy`, so that what lapses can still be given to somebody. */
async function bestPlace(
  db: Db,
  asked: Assignment,
  visit: Visit,
  offices: readonly Candidate[],
  own: readonly Candidate[],
): Promise<SlotOffer | undefined> {
  const soonest = await earliest(db, asked, visit, offices)
  if (!soonest || own.length === 0 || own.some(({ id }) => id === soonest.officeId)) return soonest
  const until = new Date(Date.parse(soonest.startsAt) + patienceDays * 86_400_000).toISOString()
  return (await earliest(db, asked, visit, own, until)) ?? soonest
}

/** The day from which on places are wanted begins at each office by its own clock. */
async function earliest(
  db: Db,
  asked: Assignment,
  visit: Visit,
  offices: readonly Candidate[],
  until?: string,
): Promise<SlotOffer | undefined> {
  const found: SlotOffer[] = []
  for (const zone of new Set(offices.map((office) => office.zone))) {
    const day = Temporal.PlainDate.from(asked.from).toZonedDateTime(zone).epochMilliseconds
    const from = new Date(Math.max(day, Date.parse(asked.confirmBy))).toISOString()
    const officeIds = offices.filter((office) => office.zone === zone).map(({ id }) => id)
    found.push(...(await nextFree(db, visit, { from, until, officeIds, limit: 1 })))
  }
  return found.toSorted((a, b) => Date.parse(a.startsAt) - Date.parse(b.startsAt))[0]
}
