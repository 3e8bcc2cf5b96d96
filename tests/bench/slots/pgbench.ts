import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** The two statements that take a seat, by themselves: no API, no message, no feed for the person, no audit, and the wish out of a table. */
const script = `
select office_id, service_id, starts_at, gen_random_uuid() as visit, gen_random_uuid() as hold
  from bench_wishes where n = (select nextval('bench_turn')) \\gset
select outcome from hold_visit(:hold ::uuid, :office_id ::text, array[:service_id ::text], :starts_at ::timestamptz, interval '5 minutes', null);
select outcome from book_visit(:visit ::uuid, array[upper(substr(:visit ::text, 25))], array[:service_id ::text], :office_id ::text,
  :starts_at ::timestamptz, null, null, 'phone', 'confirmed', null, :hold ::uuid, null, null);
`

/** So many bookings of each of so many clients at once. Takes seconds. */
export async function pgbench(databaseUrl: string, clients: number, each: number): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'ascolto-pgbench-'))
  try {
    const file = join(folder, 'hold-and-book.sql')
    await writeFile(file, script)
    const { hostname, port, pathname } = new URL(databaseUrl)
    const begun = performance.now()
    await run('pgbench', [
      ...['--no-vacuum', '--protocol=prepared', `--client=${clients}`, '--jobs=2', `--transactions=${each}`],
      ...[`--file=${file}`, '--max-tries=5', '-h', hostname, '-p', port, '-U', 'postgres', pathname.slice(1)],
    ])
    return (performance.now() - begun) / 1000
  } finally {
    await rm(folder, { recursive: true })
  }
}
