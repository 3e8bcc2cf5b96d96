import { type RawBuilder, sql } from 'kysely'
import { type CommandEnvelope, type CommandName, commands } from '#contract/commands/registry.ts'
import type { User } from '#contract/domain/agent.ts'
import { type Id, type Instant, isId } from '#contract/domain/ids.ts'
import { Fault } from '#contract/errors.ts'
import type { Trx } from '../store/store.ts'

/** When a command was given is its desk's word alone: of who has left, or has other rights since, it counts so long and no longer. */
export const takenAfterLeavingMs = 24 * 3_600_000

export type Rights = Pick<User, 'roles' | 'teams'>

/** Since when who has left, or was moved, has what they did before taken. */
export const countsSince = (now: Date): Instant => new Date(now.getTime() - takenAfterLeavingMs).toISOString()

/** With what roles and teams the user `users` worked at that moment, within the time for which it counts; null when these are what they have now. */
export const rightsAt = (at: RawBuilder<Instant>, since: RawBuilder<Instant>) => sql<Rights | null>`(
  select jsonb_build_object('roles', e.roles, 'teams', e.teams) from earlier_rights e
  where e.user_id = users.id and e.until >= ${at}::timestamptz
    and e.until > ${since}::timestamptz
  order by e.until limit 1)`

/** What adds to a request: a note, what its citizen was told, a contact that spoke of it. */
const additions: ReadonlySet<CommandName> = new Set(['ticket.note', 'ticket.tell', 'ticket.link'])

/**
 * Who was moved in the meantime may do what they may now, and add what they might add when they did it. No more, for that they did it then is their
 * desk's word: what is taken from somebody to keep them from joining or deciding is taken.
 */
export const withEarlier = <U extends Rights>(user: U, name: CommandName, earlier: Rights | null): U =>
  earlier === null || !additions.has(name)
    ? user
    : {
        ...user,
        roles: [...new Set([...user.roles, ...earlier.roles])],
        teams: [...new Set([...user.teams, ...earlier.teams])],
      }

/**
 * Of who has left, what was done before is taken for a day, and so is what belongs to a conversation that had begun: somebody is on the line, and what they
 * are promised until they hang up is the city's word. It ends with the command that closes its contact.
 */
export async function requireInOffice(
  trx: Trx,
  { id, deactivatedAt }: { id: Id; deactivatedAt: Instant | null },
  command: CommandEnvelope,
  now: Date,
): Promise<void> {
  if (deactivatedAt === null) return
  const left = Date.parse(deactivatedAt)
  if (now.getTime() <= left + takenAfterLeavingMs) {
    if (Date.parse(command.at) <= left) return
    if (await isOfConversation(trx, id, deactivatedAt, command)) return
  }
  throw new Fault('forbidden', 'role-missing')
}

/** Whether it opens, names or is about an open contact of theirs that had begun by `left`, or whom that is with. */
async function isOfConversation(
  trx: Trx,
  userId: Id,
  left: Instant,
  { name, args: raw }: CommandEnvelope,
): Promise<boolean> {
  if (name === 'contact.open') {
    const args = commands[name].args.safeParse(raw)
    return args.success && Date.parse(args.data.startedAt) <= Date.parse(left)
  }
  const named = Object.values(Object(raw)).filter((value) => typeof value === 'string' && isId(value))
  const isTheirs = (alias: string) => sql`
    (${sql.ref(`${alias}.contact_id`)} = k.id or ${sql.ref(`${alias}.citizen_id`)} in (k.citizen_id, k.on_behalf_of))`
  const { rows } = await sql`
    select 1 from contacts k cross join (select ${named}::uuid[] as ids) named
    where k.operator_id = ${userId} and k.started_at <= ${left}::timestamptz and k.ended_at is null and (
      ${name === 'citizen.create'} or k.id = any(ids) or k.citizen_id = any(ids) or k.on_behalf_of = any(ids)
      or exists (select from appointments a where a.id = any(ids) and ${isTheirs('a')})
      or exists (select from tickets t where t.id = any(ids) and ${isTheirs('t')}))
    limit 1`.execute(trx)
  return rows.length > 0
}
