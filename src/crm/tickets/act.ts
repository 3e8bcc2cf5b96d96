import { sql } from 'kysely'
import type { User } from '#contract/domain/agent.ts'
import { type Id, type Instant, newId } from '#contract/domain/ids.ts'
import type { TermBook } from '#contract/domain/reply-term.ts'
import type { Ticket } from '#contract/domain/ticket.ts'
import { actOn, type HeldAction, isDeedOf } from '#contract/domain/ticket-act.ts'
import { isSent, type TicketDeed } from '#contract/domain/ticket-entry.ts'
import { Fault } from '#contract/errors.ts'
import { survivorOf } from '../citizens/rows.ts'
import { survivingCitizen } from '../citizens/write.ts'
import { requireContact } from '../contacts/commands.ts'
import { queueTold } from '../messages/messages.ts'
import { notEnded, readReference } from '../reference/rows.ts'
import { requireTopic } from '../reference/topics.ts'
import type { Sql } from '../store/query.ts'
import type { Db, Trx } from '../store/store.ts'
import { appendChange, appendCitizens } from '../sync/changes.ts'
import { maySee } from '../sync/scope.ts'
import { readTickets } from './rows.ts'
import { readRulebook } from './rules.ts'

export type Acting = {
  trx: Trx
  author: Pick<User, 'id' | 'teams' | 'roles'>
  now: Date
  /** When it was done, by the clock of whoever did it; later than now it is now. */
  at: Instant
}

/** The request, locked until the transaction ends. */
export async function lockTicket(trx: Trx, id: Id): Promise<Ticket> {
  const found = await trx
    .selectFrom('tickets')
    .select('id')
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst()
  const [ticket] = found ? await readTickets(trx, sql`t.id = ${id}`) : []
  if (!ticket) throw new Fault('not-found', 'ticket-gone')
  return ticket
}

/**
 * Does something with a request and writes it into its history, as entry `id`. An id that is there already was done before: nothing
 * happens, and when that was something else, or with another request, it is a conflict.
 */
export async function act(
  acting: Acting,
  { id, ticketId, action: asked }: { id: Id; ticketId: Id; action: HeldAction },
): Promise<void> {
  const { trx, author } = acting
  const before = await lockTicket(trx, ticketId)
  const done = await doneAs(trx, id, ticketId)
  // The answer to what they have done is theirs, too.
  if (!maySee(author, before) && done?.authorId !== author.id) throw new Fault('not-found', 'ticket-gone')
  const known = await asJoinedSince(trx, asked)
  if (done && !isDeedOf(known, await joinedSince(trx, done.deed))) throw idTaken()
  if (done) return
  const action =
    known.do === 'identify' ? { ...known, citizenId: await survivingCitizen(trx, known.citizenId) } : known
  const assigneeName = await requireNamed(trx, before, action)
  const at = momentOf(acting, before)
  const book = await readRulebook(trx)
  const step = actOn(before, action, { book, at, assigneeName, roles: author.roles })
  if (!step.ok) throw new Fault('conflict', 'ticket-refused', { params: { why: step.refusal } })
  await store(trx, before, step.ticket)
  await record(acting, { id, ticketId, at, deed: step.deed })
  if (before.status === 'closed') await releaseLeft(acting, sql`t.id = ${ticketId}`)
  if (step.deed.did === 'told' && isSent(step.deed.channel))
    await queueTold(trx, { entryId: id, channel: step.deed.channel })
}

/**
 * Takes from whoever has left, their team or altogether, the requests `t` that satisfy `where`: no list of theirs has them, and nobody else takes what is
 * somebody's. Those that are closed stay, for who had them is what was; one that is reopened is asked about then.
 */
export async function releaseLeft(
  { trx, author, now }: Pick<Acting, 'trx' | 'now'> & { author: Pick<User, 'id'> | null },
  where: Sql,
): Promise<number> {
  const { rows } = await sql<{ id: Id; isActive: boolean }>`
    select t.id, u.deactivated_at is null as "isActive" from tickets t join users u on u.id = t.assignee_id
    where ${where} and t.status <> 'closed' and (u.deactivated_at is not null or t.team <> all(u.teams))
    order by t.id for update of t`.execute(trx)
  for (const { id, isActive } of rows) {
    const before = await lockTicket(trx, id)
    await store(trx, before, { ...before, assigneeId: null, assigneeName: null })
    const why = isActive ? 'other-team' : 'deactivated'
    const deed = { did: 'assigned', toId: null, toName: null, why } as const
    await record({ trx, author }, { id: newId(), ticketId: id, at: now.toISOString(), deed })
  }
  return rows.length
}

/** What `releaseLeft` would take from somebody, by team. */
export async function openRequestsOf(db: Db, assigneeId: Id): Promise<{ team: string; count: number }[]> {
  const { rows } = await sql<{ team: string; count: number }>`
    select team, count(*)::int as count from tickets where assignee_id = ${assigneeId} and status <> 'closed'
    group by team order by team`.execute(db)
  return rows
}

/** Closes one that was answered; nobody does, the city's rules do. */
export async function closeByItself(trx: Trx, id: Id, { book, now }: { book: TermBook; now: Date }) {
  const before = await lockTicket(trx, id)
  const at = now.toISOString()
  const action = { do: 'move', to: 'closed', reason: null, closedFor: null } as const
  const step = actOn(before, action, { book, at, assigneeName: null, roles: [] })
  if (!step.ok) throw new Error(`a request that is ${before.status} is not closed by itself`)
  await store(trx, before, step.ticket)
  await record({ trx, author: null }, { id: newId(), ticketId: id, at, deed: step.deed })
}

/** Whoever turned out to be somebody else is that one. */
const joined = async <I extends Id | null | undefined>(trx: Trx, id: I) =>
  id ? ((await survivorOf(trx, id)) ?? id) : id

const asJoinedSince = async (trx: Trx, action: HeldAction): Promise<HeldAction> =>
  action.do === 'identify'
    ? { ...action, citizenId: await joined(trx, action.citizenId), from: await joined(trx, action.from) }
    : action

const joinedSince = async (trx: Trx, deed: TicketDeed): Promise<TicketDeed> =>
  deed.did === 'identified' ? { ...deed, toId: await joined(trx, deed.toId) } : deed

const idTaken = () => new Fault('conflict', 'input-invalid', { params: { field: 'id' } })

/** What was done as entry `id`, and by whom; null when it is not there. */
export async function doneAs(
  trx: Trx,
  id: Id,
  ticketId: Id,
): Promise<{ authorId: Id | null; deed: TicketDeed } | null> {
  const done = await trx
    .selectFrom('ticket_entries')
    .select(['ticket_id', 'author_id', 'body'])
    .where('id', '=', id)
    .executeTakeFirst()
  if (done && done.ticket_id !== ticketId) throw idTaken()
  return done ? { authorId: done.author_id, deed: done.body } : null
}

/** Not before the request was there, and not in the future. */
export const momentOf = ({ now, at }: Acting, { receivedAt }: Ticket): Instant =>
  new Date(Math.max(Date.parse(receivedAt), Math.min(Date.parse(at), now.getTime()))).toISOString()

/** Whatever the action names is there; answers the name of whom a request is assigned to. */
async function requireNamed(trx: Trx, ticket: Ticket, action: HeldAction): Promise<string | null> {
  switch (action.do) {
    case 'hand-over': {
      // A body that has ended may still say its number.
      const named = sql`d.id = ${action.team} and (${notEnded} or d.id = ${ticket.team})`
      const [team] = await readReference(trx, 'team', named)
      if (!team) throw new Fault('invalid', 'team-unknown')
      return null
    }
    case 'link':
      await requireContact(trx, action.contactId)
      return null
    case 'classify':
      await requireTopic(trx, action.topicId)
      return null
    case 'assign': {
      if (action.assigneeId === null) return null
      const { rows } = await sql<{ name: string }>`
        select name from users where id = ${action.assigneeId} and deactivated_at is null and not client and ${ticket.team} = any(teams) for share`.execute(
        trx,
      )
      if (!rows[0]) throw new Fault('invalid', 'input-invalid', { params: { field: 'assigneeId' } })
      return rows[0].name
    }
    default:
      return null
  }
}

async function store(trx: Trx, before: Ticket, after: Ticket): Promise<void> {
  const { id } = after
  for (const [position, one] of after.clock.suspensions.entries()) {
    const known = before.clock.suspensions[position]
    if (!known) {
      await trx
        .insertInto('ticket_suspensions')
        .values({
          ...{ ticket_id: id, position, from_day: one.from, to_day: one.to },
          ...{ reason: one.reason, waiting: one.waiting ?? false },
        })
        .execute()
    } else if (known.to !== one.to) {
      await trx
        .updateTable('ticket_suspensions')
        .set({ to_day: one.to })
        .where('ticket_id', '=', id)
        .where('position', '=', position)
        .execute()
    }
  }
  for (const [position, one] of after.clock.extensions.entries()) {
    if (before.clock.extensions[position]) continue
    await trx
      .insertInto('ticket_extensions')
      .values({ ticket_id: id, position, on_day: one.on, days: one.days, reason: one.reason })
      .execute()
  }
  for (const contactId of after.linkedContacts.filter((one) => !before.linkedContacts.includes(one))) {
    await trx.insertInto('ticket_contacts').values({ ticket_id: id, contact_id: contactId }).execute()
  }
  const { version } = await trx
    .updateTable('tickets')
    .set((eb) => ({
      ...{ kind: after.kind, topic_id: after.topicId, status: after.status, team: after.team },
      ...{ due_on: after.dueOn, steps: JSON.stringify(after.clock.steps), reference: after.reference },
      ...{
        assignee_id: after.assigneeId,
        citizen_id: after.citizenId,
        rerouted: after.rerouted,
        reopened: after.reopened,
      },
      ...{ answered_at: after.answeredAt, closed_for: after.closedFor },
      ...{ met_at: after.metAt, unsent: after.unsent },
      version: eb('version', '+', 1),
    }))
    .where('id', '=', id)
    .returning('version')
    .executeTakeFirstOrThrow()
  await appendChange(trx, 'ticket', id, version)
  await appendCitizens(trx, before.citizenId, after.citizenId)
  const over = (ticket: Ticket) => ticket.status === 'closed'
  if (after.team !== before.team || over(after) !== over(before)) {
    // Its history comes to desks, and leaves desks, with it: another team's, or all when an old one is closed.
    await sql`
      insert into change_log (entity, id, version)
      select 'ticket-entry', e.id::text, e.version from ticket_entries e where e.ticket_id = ${id}`.execute(
      trx,
    )
  }
}

/** Writes a line of a request's history. */
export async function record(
  { trx, author }: { trx: Trx; author: Pick<User, 'id'> | null },
  entry: { id: Id; ticketId: Id; at: Instant; deed: TicketDeed },
): Promise<void> {
  await trx
    .insertInto('ticket_entries')
    .values({
      ...{ id: entry.id, ticket_id: entry.ticketId, at: entry.at, author_id: author?.id ?? null },
      body: JSON.stringify(entry.deed),
    })
    .execute()
  await appendChange(trx, 'ticket-entry', entry.id, 1)
}
