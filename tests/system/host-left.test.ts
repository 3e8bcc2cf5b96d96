import { pino } from 'pino'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { emptyDraft } from '#contract/desk.ts'
import { newId } from '#contract/domain/ids.ts'
import { deactivate } from '../../src/crm/identity/account-acts.ts'
import { accountOf } from '../../src/crm/identity/accounts.ts'
import { openCache } from '../../src/main/cache/cache.ts'
import { openKeyFile } from '../../src/main/loopback/key-file.ts'
import { startHost, until } from '../support/host.ts'
import { openTestCity, type TestCity } from '../support/test-city.ts'

let city: TestCity
beforeAll(async () => {
  city = await openTestCity()
})
afterAll(() => city.close())

test('what somebody had not wrapped up when their account ended is closed with their note, and the CRM takes it', async () => {
  let ahead = 0
  const now = () => new Date(Date.now() + ahead)
  const paolo = await accountOf(city.store.db, 'paolo')
  if (!paolo) throw new Error('Paolo is not there')
  const first = await startHost({ crmUrl: city.url, now })
  await first.comeIn('paolo')
  const { dataDir } = first
  await first.stop({ keep: true })

  const contactId = newId()
  const cache = openCache({
    ...{ dir: dataDir, log: pino({ level: 'silent' }), now },
    key: await (await openKeyFile(dataDir)).databaseKey(),
  })
  const minutesAgo = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString()
  cache.work.put(paolo.id, {
    ...{ contactId, queue: null, direction: 'inbound', practice: false, continues: null },
    remote: { number: '02 5551 0143', e164: '+390255510143', displayName: null },
    ...{ startedAt: minutesAgo(9), answeredAt: minutesAgo(8), endedAt: minutesAgo(2) },
  })
  const ticket = { ...emptyDraft.ticket, text: 'Lampione spento in via Larga.' }
  cache.work.save(contactId, 0, { ...emptyDraft, note: 'Promesso di richiamare lunedì.', ticket })
  cache.close()

  const host = await startHost({ crmUrl: city.url, dataDir, now })
  try {
    const there = async () =>
      city.store.db
        .selectFrom('contacts')
        .select(['ended_at', 'outcome', 'note', 'operator_id'])
        .where('id', '=', contactId)
        .executeTakeFirst()
    await expect.poll(there, { timeout: 20_000 }).toMatchObject({ ended_at: null, operator_id: paolo.id })
    await deactivate(city.store.db, { id: paolo.id, by: null })
    // Their access token is renewed, or rather is not.
    ahead = 10 * 60_000
    await host.client.system.retry()
    await until(await host.client.session.watch(), ({ phase }) => phase === 'signed-out')
    await expect.poll(there, { timeout: 20_000 }).toMatchObject({
      ended_at: expect.any(String),
      outcome: 'callback',
      note: 'Promesso di richiamare lunedì.\n\nLampione spento in via Larga.',
    })
  } finally {
    await host.stop()
  }
})
