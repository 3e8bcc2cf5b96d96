import { setImmediate } from 'node:timers/promises'
import { sql } from 'kysely'
import type { Logger } from 'pino'
import {
  type CommandEnvelope,
  type CommandName,
  type CommandResult,
  commands,
} from '#contract/commands/registry.ts'
import type { User } from '#contract/domain/agent.ts'
import type { Id, Instant } from '#contract/domain/ids.ts'
import { Fault, type FaultData } from '#contract/errors.ts'
import { isBadData, mayRetry, passes } from '../store/errors.ts'
import { type Places, statement } from '../store/query.ts'
import type { CommandsTable } from '../store/schema.ts'
import type { Db, Trx } from '../store/store.ts'
import { announceChanges } from './changes.ts'
import type { Handler } from './handler.ts'
import { handlers } from './handlers.ts'
import { countsSince, requireInOffice, rightsAt, withEarlier } from './leaving.ts'

export type PushDeps = { db: Db; log: Logger; now(): Date }
export type PushAnswer = { results: CommandResult[]; lastN: number }

/** A command that fails unexpectedly this often is recorded as failed and passed, so that it does not block its stream. */
const attemptsBeforePassing = 3
const retriesOfTransaction = 3
/** What a desk reports as having happened, whether or not its author still might: persons may ask who looked at them, also after that. */
const factual: ReadonlySet<CommandName> = new Set(['citizen.read'])

/**
 * Applies a stream's commands in order, each in one transaction with the stream's `last_n`. Rejects with `conflict: stream-reset`
 * or `invalid` at an `n` that does not fit; what stood before it stays applied. After an unexpected error the answer ends with a
 * `failed` result above `lastN`: not recorded, to be sent again.
 */
export async function push(
  deps: PushDeps,
  deviceId: Id,
  streamId: Id,
  envelopes: readonly CommandEnvelope[],
): Promise<PushAnswer> {
  const results: CommandResult[] = []
  let lastN = 0
  try {
    for (const envelope of envelopes) {
      const applied = await applyWithRetries(deps, deviceId, streamId, envelope)
      lastN = applied.lastN
      results.push(applied.result)
      if (applied.result.n > lastN) break
      // PGlite answers within the same turn of the event loop: without this a long push keeps out every other request.
      await setImmediate()
    }
  } finally {
    // Also after a fault: commands before it were committed, and a transaction that ended may let the feed's horizon move.
    await announceChanges(deps.db).catch(() => {})
  }
  return { results, lastN }
}

type Applied = { result: CommandResult; lastN: number }

async function applyWithRetries(
  deps: PushDeps,
  deviceId: Id,
  streamId: Id,
  envelope: CommandEnvelope,
): Promise<Applied> {
  const inOne = (settle: Settle) =>
    deps.db.transaction().execute((trx) => apply(deps, trx, deviceId, streamId, envelope, settle))
  let settle: Settle = (trx, author) => perform(deps, trx, { author, deviceId }, envelope)
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await inOne(settle)
    } catch (error) {
      if (error instanceof Refusal) {
        // Nothing of its transaction is left: that it was refused is written in one of its own.
        const { outcome } = error
        settle = async () => outcome
        continue
      }
      if (error instanceof Fault) throw error
      if (mayRetry(error) && attempt < retriesOfTransaction) continue
      // Nothing of it is the command's fault: the desk sends it again.
      if (passes(error)) throw new Fault('unavailable', 'unavailable-now', { cause: error })
      deps.log.error(
        { err: error, command: envelope.name, commandId: envelope.id, streamId },
        'command failed',
      )
      return await recordFailure(deps, streamId, envelope)
    }
  }
}

/** What becomes of a command that comes for the first time. */
type Settle = (trx: Trx, author: Author) => Promise<Outcome>

/** One command, in one transaction. Throws a `Fault` only when the command does not belong here in the stream. */
async function apply(
  { now }: PushDeps,
  trx: Trx,
  deviceId: Id,
  streamId: Id,
  envelope: CommandEnvelope,
  settle: Settle,
): Promise<Applied> {
  const stream = await lockStream(trx, streamId, deviceId, envelope, now())
  if (envelope.n <= stream.lastN) {
    if ((await idAt(trx, streamId, envelope.n)) !== envelope.id) {
      throw new Fault('conflict', 'stream-reset', { params: { n: envelope.n, lastN: stream.lastN } })
    }
    const outcome = await settled(trx, envelope.id)
    if (!outcome) throw new Error('a recorded command has no outcome')
    return { result: toResult(envelope, outcome), lastN: stream.lastN }
  }
  if (envelope.n > stream.lastN + 1) {
    throw new Fault('invalid', 'input-invalid', { params: { field: 'n', expected: stream.lastN + 1 } })
  }

  // After `stream-reset` a desk sends everything again under a new stream, also what was settled in the old one.
  const { earlier } = stream
  const outcome = earlier ?? (await settle(trx, stream.author))
  await record(trx, streamId, envelope, earlier ? { status: 'repeated', fault: null } : outcome)
  return { result: toResult(envelope, outcome), lastN: envelope.n }
}

type Outcome = { status: 'applied' | 'refused' | 'failed'; fault: FaultData | null }

/** Ends the transaction of a command that is not to have an effect. */
class Refusal extends Error {
  override name = 'Refusal'
  readonly outcome: Outcome

  constructor(fault: Fault) {
    super(fault.message, { cause: fault })
    this.outcome = { status: 'refused', fault: fault.toData() }
  }
}

const toResult = (envelope: CommandEnvelope, outcome: Outcome): CommandResult => ({
  n: envelope.n,
  id: envelope.id,
  ...outcome,
})

/** Who made a command of a stream, with what counts for it of what they might when it was made, and since when they may not any more. */
type Author = User & { deactivatedAt: string | null }

type Locked = Pick<CommandEnvelope, 'id' | 'name' | 'at'> & { streamId: Id; deviceId: Id; since: Instant }
const locked = statement((command: Places<Locked>, db) =>
  db
    .selectFrom('streams')
    .innerJoin('users', 'users.id', 'streams.user_id')
    .select(['streams.last_n', 'users.id', 'users.name', 'users.given_name', 'users.roles', 'users.teams'])
    .select(['users.extension', 'users.deactivated_at', rightsAt(command.at, command.since).as('before')])
    .select(
      sql<string>`set_config('ascolto.actor', jsonb_build_object('operation', ${command.name}::text, 'user', users.id,
        'device', streams.device_id, 'command', ${command.id}::text)::text, true)`.as('actor'),
    )
    .select(
      sql<Outcome | null>`(select jsonb_build_object('status', c.status, 'fault', c.fault) from commands c
        where c.id = ${command.id} and c.status <> 'repeated')`.as('earlier'),
    )
    .where('streams.id', '=', command.streamId)
    .where('streams.device_id', '=', command.deviceId)
    .forUpdate('streams'),
)

/**
 * Says with it to the audit who does what. `earlier`: what became of the command in another stream, as it was before the lock was waited for; whoever
 * settles it meanwhile there is found by its id, which is taken then.
 */
async function lockStream(
  trx: Trx,
  streamId: Id,
  deviceId: Id,
  command: CommandEnvelope,
  now: Date,
): Promise<{ lastN: number; author: Author; earlier: Outcome | null }> {
  const { id, name, at } = command
  const [row] = await locked.run(trx, { streamId, deviceId, id, name, at, since: countsSince(now) })
  if (!row) throw new Fault('not-found', 'record-not-found')
  const { last_n, given_name, deactivated_at, actor: _, earlier, before, ...user } = row
  const rights = withEarlier(user, name, before)
  const author = { ...rights, givenName: given_name, deactivatedAt: deactivated_at }
  return { lastN: last_n, author, earlier }
}

async function idAt(trx: Trx, streamId: Id, n: number): Promise<Id | undefined> {
  const row = await trx
    .selectFrom('commands')
    .select('id')
    .where('stream_id', '=', streamId)
    .where('n', '=', n)
    .executeTakeFirst()
  return row?.id
}

/** What became of a command, in whatever stream it came first. */
async function settled(trx: Trx, id: Id): Promise<Outcome | undefined> {
  const row = await trx
    .selectFrom('commands')
    .select(['status', 'fault'])
    .where('id', '=', id)
    .where('status', '<>', 'repeated')
    .$narrowType<{ status: Outcome['status'] }>()
    .executeTakeFirst()
  return row && { status: row.status, fault: row.fault }
}

/** Throws a `Refusal` where something stands in the way of its effect. */
async function perform(
  deps: PushDeps,
  trx: Trx,
  { author, deviceId }: { author: Author; deviceId: Id },
  envelope: CommandEnvelope,
): Promise<Outcome> {
  try {
    if (!factual.has(envelope.name)) await requireInOffice(trx, author, envelope, deps.now())
    const told = await run(deps, trx, { author, deviceId }, envelope)
    return { status: 'applied', fault: told?.toData() ?? null }
  } catch (error) {
    const fault = refusal(error)
    if (!fault) throw error
    if (!(error instanceof Fault)) {
      deps.log.warn(
        { err: error, command: envelope.name, commandId: envelope.id },
        'command refused by the database',
      )
    }
    throw new Refusal(fault)
  }
}

function refusal(error: unknown): Fault | null {
  if (error instanceof Fault) return error
  return isBadData(error) ? new Fault('invalid', 'input-invalid', { cause: error }) : null
}

async function run(
  deps: PushDeps,
  trx: Trx,
  { author, deviceId }: { author: User; deviceId: Id },
  { name, at, args: raw }: CommandEnvelope,
): Promise<Fault | null> {
  const definition = commands[name]
  const args = definition.args.safeParse(raw)
  if (!args.success) {
    const field = args.error.issues[0]?.path.join('.') ?? ''
    throw new Fault('invalid', 'input-invalid', { params: { field } })
  }
  if (!factual.has(name) && !author.roles.some((role) => definition.roles.includes(role))) {
    throw new Fault('forbidden', 'role-missing')
  }
  const handler: Handler<CommandName> = handlers[name] as never
  let told: Fault | null = null
  const tell = (fault: Fault) => {
    told = fault
  }
  await handler({ trx, author, deviceId, now: deps.now(), at, tell }, args.data)
  return told
}

/**
 * Ends the transaction: writes the outcome, raises the stream and says so in the change log, last of all the command's entries: a desk that has
 * this one has them all.
 */
async function record(
  trx: Trx,
  streamId: Id,
  envelope: CommandEnvelope,
  outcome: { status: CommandsTable['status']; fault: FaultData | null },
): Promise<void> {
  const { n, id, name, at } = envelope
  const fault = outcome.fault === null ? null : JSON.stringify(outcome.fault)
  await recording.runLast(trx, { streamId, n, id, name, at, fault, status: outcome.status })
}

type Recorded = Pick<CommandEnvelope, 'n' | 'id' | 'name' | 'at'> & {
  streamId: Id
  status: CommandsTable['status']
  fault: string | null
}
const recording = statement(
  ({ streamId, n, id, name, status, fault, at }: Places<Recorded>) => sql<never>`
    with recorded as (
      insert into commands (stream_id, n, id, name, status, fault, at) values
        (${streamId}, ${n}, ${id}, ${name}, ${status}, ${fault}::jsonb, ${at})
    ), raised as (
      update streams set last_n = ${n} where id = ${streamId}
    ), forgotten as (
      delete from command_failures where stream_id = ${streamId} and n = ${n}
    )
    insert into change_log (entity, id, version) values ('stream', ${streamId}, ${n})`,
)

async function recordFailure(deps: PushDeps, streamId: Id, envelope: CommandEnvelope): Promise<Applied> {
  const outcome: Outcome = { status: 'failed', fault: new Fault('internal', 'unexpected').toData() }
  const result = toResult(envelope, outcome)
  return await deps.db.transaction().execute(async (trx) => {
    const { last_n } = await trx
      .selectFrom('streams')
      .select('last_n')
      .where('id', '=', streamId)
      .forUpdate()
      .executeTakeFirstOrThrow()
    const { attempts } = await trx
      .insertInto('command_failures')
      .values({ stream_id: streamId, n: envelope.n, id: envelope.id, attempts: 1 })
      .onConflict((conflict) =>
        conflict
          .columns(['stream_id', 'n', 'id'])
          .doUpdateSet((eb) => ({ attempts: eb('command_failures.attempts', '+', 1) })),
      )
      .returning('attempts')
      .executeTakeFirstOrThrow()
    if (attempts < attemptsBeforePassing || envelope.n !== last_n + 1) return { result, lastN: last_n }
    await record(trx, streamId, envelope, outcome)
    return { result, lastN: envelope.n }
  })
}
