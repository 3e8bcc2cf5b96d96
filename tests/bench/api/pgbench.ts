import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { sql } from 'kysely'
import type { Store } from '../../../src/crm/store/store.ts'

const run = promisify(execFile)

export type Load = { clients: number; seconds: number; desksOfEach: number; callers: number }

/** What `contact.open` does in the database when a desk pushes it, statement by statement: no HTTP, no checks of what was sent. One client tells the listeners, as the CRM does for all that is pushed meanwhile. */
const script = ({ desksOfEach, callers }: Load) => `
\\set desk :client_id * ${desksOfEach} + random(1, ${desksOfEach})
\\set caller random(1, ${callers})
select stream_id, device_id, user_id, citizen_id, number, gen_random_uuid() as command, gen_random_uuid() as contact
  from bench_desks d, bench_callers c where d.n = :desk and c.n = :caller \\gset
select secret_hash, wipe from devices where id = :device_id ::uuid and revoked_at is null;
begin;
select s.last_n + 1 as next_n, u.id, u.name, u.given_name, u.roles, u.teams, u.extension, u.deactivated_at,
    set_config('ascolto.actor', jsonb_build_object('operation', 'contact.open', 'user', u.id, 'device', s.device_id,
      'command', :command ::text)::text, true) as actor,
    (select jsonb_build_object('roles', e.roles, 'teams', e.teams) from earlier_rights e
      where e.user_id = u.id and e.until >= now() and e.until > now() - interval '1 day' order by e.until limit 1) as before,
    (select jsonb_build_object('status', c.status, 'fault', c.fault) from commands c
      where c.id = :command ::uuid and c.status <> 'repeated') as earlier
  from streams s join users u on u.id = s.user_id
  where s.id = :stream_id ::uuid and s.device_id = :device_id ::uuid for update of s \\gset
select id from citizens where id = :citizen_id ::uuid and merged_into is null for key share;
with opened as (
  insert into contacts (id, channel, direction, queue, operator_id, citizen_id, caller_number, started_at, answered_at, practice)
    values (:contact ::uuid, 'phone', 'inbound', 'anagrafe', :user_id ::uuid, :citizen_id ::uuid, :number ::text, now(), now(), false)
    on conflict (id) do nothing returning id, version, citizen_id
), told as (
  insert into change_log (entity, id, version)
    select 'contact', id::text, version from opened union all (
      select 'citizen', id::text, version from citizens where id = any(array(select citizen_id from opened))
      union select 'citizen', c.id::text, c.version from citizens c
        join citizen_delegations d on d.for_id = c.id where d.citizen_id = any(array(select citizen_id from opened)))
) select id from opened;
with recorded as (
  insert into commands (stream_id, n, id, name, status, fault, at)
    values (:stream_id ::uuid, :next_n ::bigint, :command ::uuid, 'contact.open', 'applied', null, now())
), raised as (
  update streams set last_n = :next_n ::bigint where id = :stream_id ::uuid
), forgotten as (
  delete from command_failures where stream_id = :stream_id ::uuid and n = :next_n ::bigint
)
insert into change_log (entity, id, version) values ('stream', :stream_id ::text, :next_n ::bigint);
commit;
\\if :client_id = 0
select pg_notify('ascolto_changes', '');
\\endif
`

/** Streams and callers for the peer, which has desks of its own. Gives how many callers. */
export async function layOut(store: Store, desks: number): Promise<number> {
  const { db } = store
  await sql`create table bench_callers (n integer primary key, citizen_id uuid, number text)`.execute(db)
  await sql`
    insert into bench_callers select row_number() over (), id, number from (
      select c.id, p.number from citizens c join citizen_phones p on p.citizen_id = c.id and p.position = 0
      order by md5(c.id::text) limit 20000) drawn`.execute(db)
  await sql`
    create table bench_desks as select (row_number() over ())::integer as n, gen_random_uuid() as stream_id, gen_random_uuid() as device_id,
      id as user_id from users where login like 'person-%' limit ${desks}`.execute(db)
  await sql`
    insert into devices (id, name, secret_hash, registered_by) select device_id, 'bench', '-', user_id from bench_desks`.execute(
    db,
  )
  await sql`
    insert into streams (id, device_id, user_id) select stream_id, device_id, user_id from bench_desks`.execute(
    db,
  )
  await sql`alter table bench_desks add primary key (n)`.execute(db)
  await sql`analyze bench_desks, bench_callers`.execute(db)
  const { rows } = await sql<{ n: number }>`select count(*)::integer as n from bench_callers`.execute(db)
  return rows[0]?.n ?? 0
}

/** Commands a second of so many clients at once. */
export async function pgbench(databaseUrl: string, options: Load): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'ascolto-pgbench-'))
  try {
    const file = join(folder, 'contact-open.sql')
    await writeFile(file, script(options))
    const { hostname, port, pathname } = new URL(databaseUrl)
    const { stdout } = await run('pgbench', [
      ...['--no-vacuum', '--protocol=prepared', `--client=${options.clients}`, '--jobs=2'],
      ...[`--time=${options.seconds}`, `--file=${file}`, '-h', hostname, '-p', port, '-U', 'postgres'],
      pathname.slice(1),
    ])
    const rate = Number(/tps = ([\d.]+)/.exec(stdout)?.[1])
    if (!Number.isFinite(rate)) throw new Error(`pgbench: ${stdout}`)
    return rate
  } finally {
    await rm(folder, { recursive: true })
  }
}
