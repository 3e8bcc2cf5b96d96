import { sql } from 'kysely'
import type { AppointmentMessage, CitizenMessage, OutboxMessage } from '#contract/domain/message.ts'
import { Fault } from '#contract/errors.ts'
import { auditor } from '../citizens/router.ts'
import { survivorOf } from '../citizens/rows.ts'
import { survivingCitizen } from '../citizens/write.ts'
import { os, requireUser } from '../http/context.ts'
import type { Sql } from '../store/query.ts'
import type { Db } from '../store/store.ts'
import { inNamedTransaction, inTransaction } from '../store/transaction.ts'
import { announceChanges } from '../sync/changes.ts'
import { calendarFile } from './calendar.ts'
import { readFacts } from './facts.ts'
import { sendAgain } from './messages.ts'
import type { Sends } from './ports.ts'
import { requeue } from './queue.ts'
import { shortened } from './recipient.ts'
import type { Templates } from './templates.ts'

export type MessagesDeps = { db: Db; now(): Date; templates: Templates; sends: Sends }

/** A file's type is the contract's, without parameters: the text is UTF-8, as RFC 5545 has it by default. */
const fileType = 'text/calendar'

/** What the API says of one appointment's messages. */
export function appointmentMessages({ db, now, templates }: MessagesDeps) {
  const audit = auditor({ db, now })
  const personOf = async (appointmentId: string) => {
    const row = await db
      .selectFrom('appointments')
      .select('citizen_id as id')
      .where('id', '=', appointmentId)
      .executeTakeFirst()
    if (!row) throw new Fault('not-found', 'record-not-found')
    return row.id === null ? [] : [{ id: row.id }]
  }
  const messagesOf = async (appointmentId: string) => {
    const messages = await readMessages(
      db,
      sql`m.appointment_id = ${appointmentId}`,
      sql`order by m.made_at, m.id`,
    )
    return { messages: messages as AppointmentMessage[] }
  }
  return {
    messages: os.appointments.messages.handler(async ({ context, input }) => {
      const user = await requireUser(context)
      await audit(user.id, await personOf(input.id), { kind: 'search' })
      return messagesOf(input.id)
    }),

    sendAgain: os.appointments.sendAgain.handler(async ({ context, input }) => {
      const user = await requireUser(context)
      const { id: appointmentId, messageId: id, channel } = input
      await audit(user.id, await personOf(appointmentId), { kind: 'search' })
      await inNamedTransaction(db, (trx) => sendAgain(trx, { id, appointmentId, channel, askedBy: user.id }))
      return messagesOf(appointmentId)
    }),

    calendarFile: os.appointments.calendarFile.handler(async ({ context, input }) => {
      const user = await requireUser(context)
      await audit(user.id, await personOf(input.id), { kind: 'search' })
      const facts = await readFacts(db, input.id)
      if (!facts) throw new Fault('not-found', 'record-not-found')
      const { language } = input
      const { content } = calendarFile(facts, {
        settings: templates.settings,
        language,
        attendee: null,
        now: now(),
      })
      return new File([content], `${facts.code}.ics`, { type: fileType })
    }),
  }
}

export function messagesRouter({ db, now }: MessagesDeps) {
  const audit = auditor({ db, now })
  /** Whom messages go to: whoever the person turned out to be. */
  const requireCitizen = async (asked: string) => {
    const id = await survivorOf(db, asked)
    if (id === null) throw new Fault('not-found', 'citizen-gone')
    return { id }
  }
  const optOuts = async (id: string) => {
    const rows = await db
      .selectFrom('channel_opt_outs')
      .select('channel')
      .where('citizen_id', '=', id)
      .orderBy('channel')
      .execute()
    return { channels: rows.map(({ channel }) => channel) }
  }
  return {
    list: os.messages.list.handler(async ({ input }) => {
      const tail = sql`order by m.made_at desc, m.id limit ${input.limit}`
      return { messages: await readMessages(db, sql`m.state = ${input.state}`, tail) }
    }),

    resend: os.messages.resend.handler(async ({ input }) => {
      const ids = await inTransaction(db, (trx) => requeue(trx, input.ids, now()))
      await announceChanges(db)
      return {
        messages: await readMessages(db, sql`m.id = any(${ids}::uuid[])`, sql`order by m.made_at desc, m.id`),
      }
    }),

    outbox: os.messages.outbox.handler(async ({ context, input }) => {
      const user = await requireUser(context)
      const channel = input.channel === undefined ? sql`true` : sql`o.channel = ${input.channel}`
      const { rows } = await sql<OutboxMessage & { citizenId: string | null }>`
        select o.message_id as id, o.appointment_id as "appointmentId", o.ticket_id as "ticketId", o.channel, o.recipient,
          o.subject, o.body as text, o.calendar, o.written_at as "writtenAt", coalesce(a.citizen_id, t.citizen_id) as "citizenId"
        from message_outbox o left join appointments a on a.id = o.appointment_id left join tickets t on t.id = o.ticket_id
        where ${channel} order by o.written_at desc, o.message_id limit ${input.limit}`.execute(db)
      const persons = new Set(rows.map(({ citizenId }) => citizenId).filter((id) => id !== null))
      await audit(
        user.id,
        [...persons].map((id) => ({ id })),
        { kind: 'search' },
      )
      return { messages: rows.map(({ citizenId: _, ...message }) => message) }
    }),

    optOuts: os.messages.optOuts.handler(async ({ context, input }) => {
      const user = await requireUser(context)
      const citizen = await requireCitizen(input.id)
      await audit(user.id, [citizen], { kind: 'search' })
      return optOuts(citizen.id)
    }),

    setOptOuts: os.messages.setOptOuts.handler(async ({ context, input }) => {
      const user = await requireUser(context)
      await audit(user.id, [await requireCitizen(input.id)], { kind: 'search' })
      const id = await inTransaction(db, async (trx) => {
        const id = await survivingCitizen(trx, input.id)
        await sql`delete from channel_opt_outs where citizen_id = ${id}
          and channel <> all(${input.channels}::text[])`.execute(trx)
        await sql`insert into channel_opt_outs (citizen_id, channel)
          select ${id}::uuid, c from unnest(${input.channels}::text[]) c on conflict do nothing`.execute(trx)
        return id
      })
      return optOuts(id)
    }),
  }
}

/** Messages `m` that satisfy `where`, with their recipients shortened; `tail` orders and limits. */
async function readMessages(db: Db, where: Sql, tail: Sql): Promise<CitizenMessage[]> {
  const { rows } = await sql<CitizenMessage>`
    select m.id, m.appointment_id as "appointmentId", e.ticket_id as "ticketId", m.kind, m.channel, m.recipient, m.state, m.reason,
      m.due_at as "dueAt", m.sent_at as "sentAt", m.attempts, m.via
    from messages m left join ticket_entries e on e.id = m.ticket_entry_id where ${where} ${tail}`.execute(db)
  return rows.map((row) => ({ ...row, recipient: shortened(row.channel, row.recipient) }))
}
