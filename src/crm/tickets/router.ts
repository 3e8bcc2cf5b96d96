import { sql } from 'kysely'
import type { Logger } from 'pino'
import { commands } from '#contract/commands/registry.ts'
import type { User } from '#contract/domain/agent.ts'
import { cityDayOf } from '#contract/domain/calendar.ts'
import type { Id } from '#contract/domain/ids.ts'
import type { Ticket } from '#contract/domain/ticket.ts'
import { protocolIn } from '#contract/domain/ticket-protocol.ts'
import { Fault } from '#contract/errors.ts'
import { askedFor, auditor, listReason, personsOf } from '../citizens/router.ts'
import { survivorOf } from '../citizens/rows.ts'
import { os, requireRole, requireUser } from '../http/context.ts'
import { belongsTo, type Sql } from '../store/query.ts'
import type { Db } from '../store/store.ts'
import { inNamedTransaction } from '../store/transaction.ts'
import { announceChanges } from '../sync/changes.ts'
import { ofTeamsSeen, seenBy, teamsSeen } from '../sync/scope.ts'
import { act } from './act.ts'
import { type AttachmentDeps, attach, readAttachment } from './attachments.ts'
import { open } from './commands.ts'
import { leave, present } from './presence.ts'
import { openedAs, ticketsOfTeam, ticketWithHistory, watchList } from './queries.ts'
import { readEntries, readTickets } from './rows.ts'

export type TicketsDeps = {
  db: Db
  now(): Date
  log: Logger
  attachments: Pick<AttachmentDeps, 'files' | 'scanner'> | null
}

export function ticketsRouter(deps: TicketsDeps) {
  const { db, now } = deps
  const audit = auditor(deps)
  const files = (): AttachmentDeps => {
    if (!deps.attachments) throw new Fault('unsupported', 'capability-missing')
    return { ...deps, ...deps.attachments }
  }
  const auditOne = (userId: Id, ticket: Ticket) =>
    audit(userId, personsOf([ticket]), { kind: 'ticket', id: ticket.id })
  const readOne = async (id: Id): Promise<Ticket> => {
    const [ticket] = await readTickets(db, sql`t.id = ${id}`)
    if (!ticket) throw new Fault('not-found', 'ticket-gone')
    return ticket
  }
  const requireOne = async (id: Id, which: Sql): Promise<void> => {
    const { rows } = await sql`select 1 from tickets t where t.id = ${id} and ${which}`.execute(db)
    if (rows.length === 0) throw new Fault('not-found', 'ticket-gone')
  }
  const requireSeen = (user: User, id: Id) => requireOne(id, seenBy(user))
  /** One that belongs to one's own contact may be another team's from its first moment, but what the citizen sent with it is here. */
  const fromOwnContact = (user: User) =>
    sql`exists (select 1 from contacts k where k.id = t.contact_id and k.operator_id = ${user.id})`

  return {
    list: os.tickets.list.handler(async ({ context, input }) => {
      const user = await requireUser(context)
      const where = sql`${belongsTo('t', input)} and ${ofTeamsSeen(teamsSeen(user))}`
      const tickets = await readTickets(db, where, sql`order by t.received_at desc, t.id limit 500`)
      await audit(user.id, personsOf([...tickets, askedFor(input)]), listReason(input))
      return { tickets }
    }),

    ofTeam: os.tickets.ofTeam.handler(async ({ context, input }) => {
      const user = await requireUser(context)
      const seen = teamsSeen(user)
      if (seen !== null && !seen.includes(input.team)) throw new Fault('forbidden', 'role-missing')
      const tickets = await ticketsOfTeam(db, input)
      await audit(user.id, personsOf(tickets), { kind: 'search' })
      return { tickets }
    }),

    watch: os.tickets.watch.handler(async ({ context, input }) => {
      const user = await requireUser(context)
      const seen = teamsSeen(user)
      if (input.team !== undefined && seen !== null && !seen.includes(input.team))
        throw new Fault('forbidden', 'role-missing')
      const teams = input.team === undefined ? seen : [input.team]
      const tickets = await watchList(
        db,
        { ...input, days: input.days, teams },
        cityDayOf(now().toISOString()),
      )
      await audit(user.id, personsOf(tickets.map(({ ticket }) => ticket)), { kind: 'search' })
      return { tickets }
    }),

    byProtocol: os.tickets.byProtocol.handler(async ({ context, input }) => {
      const user = await requireUser(context)
      const protocol = protocolIn(input.protocol)
      if (protocol === null) return { ticket: null }
      const [ticket] = await readTickets(
        db,
        sql`t.protocol_year = ${protocol.year} and t.protocol_number = ${protocol.number} and ${seenBy(user)}`,
      )
      if (ticket) await auditOne(user.id, ticket)
      return { ticket: ticket ?? null }
    }),

    get: os.tickets.get.handler(async ({ context, input }) => {
      const user = await requireUser(context)
      await requireSeen(user, input.id)
      const found = await ticketWithHistory(db, input.id, now())
      await auditOne(user.id, found.ticket)
      return found
    }),

    open: os.tickets.open.handler(async ({ context, input }) => {
      const user = await requireUser(context)
      const asked = { ...input, receivedAt: input.receivedAt ?? now().toISOString() }
      await inNamedTransaction(db, async (trx) => {
        const [known] = await readTickets(trx, sql`t.id = ${input.id}`)
        if (!known) return open(trx, now(), asked)
        const joined = async (id: Id | null) => id && (await survivorOf(trx, id))
        const again = { ...asked, citizenId: await joined(asked.citizenId) }
        // Whoever did not hear the answer asks as they did first, whatever it is and whosever it is by now.
        const first = { ...known, ...(await openedAs(trx, input.id)) }
        const opened = { ...first, citizenId: await joined(first.citizenId) }
        const same = (['topicId', 'text', 'citizenId', 'contactId', 'kind'] as const).every(
          (field) => opened[field] === again[field],
        )
        if (!same) throw new Fault('conflict', 'ticket-exists')
      })
      await announceChanges(db)
      const ticket = await readOne(input.id)
      await auditOne(user.id, ticket)
      return ticket
    }),

    act: os.tickets.act.handler(async ({ context, input }) => {
      const author = await requireUser(context)
      requireRole(author, commands[`ticket.${input.action.do}`].roles)
      const at = now()
      await inNamedTransaction(db, (trx) => act({ trx, author, now: at, at: at.toISOString() }, input))
      await announceChanges(db)
      const [ticket, [entry]] = await Promise.all([
        readOne(input.ticketId),
        readEntries(db, sql`e.id = ${input.id}`),
      ])
      if (!entry) throw new Fault('not-found', 'record-not-found')
      await auditOne(author.id, ticket)
      return { ticket, entry }
    }),

    attach: os.tickets.attach.handler(async ({ context, input: { file, ...ids } }) => {
      const user = await requireUser(context)
      await requireOne(ids.ticketId, sql`(${seenBy(user)} or ${fromOwnContact(user)})`)
      const content = Buffer.from(await file.arrayBuffer())
      return attach(files(), { ...ids, userId: user.id, name: file.name, content })
    }),

    attachment: os.tickets.attachment.handler(async ({ context, input }) => {
      const user = await requireUser(context)
      await requireSeen(user, input.ticketId)
      const file = await readAttachment(files(), input)
      await auditOne(user.id, await readOne(input.ticketId))
      return file
    }),

    present: os.tickets.present.handler(async ({ context, input }) => {
      const user = await requireUser(context)
      await requireSeen(user, input.id)
      return { others: await present(db, { ticketId: input.id, userId: user.id, writing: input.writing }) }
    }),

    leave: os.tickets.leave.handler(async ({ context, input }) => {
      const user = await requireUser(context)
      await leave(db, { ticketId: input.id, userId: user.id })
      return {}
    }),

    members: os.tickets.members.handler(async ({ input }) => {
      const { rows } = await sql<{ id: Id; name: string }>`
        select id, name from users where ${input.team} = any(teams) and deactivated_at is null and not client order by name, id limit 500`.execute(
        db,
      )
      return { members: rows }
    }),
  }
}
