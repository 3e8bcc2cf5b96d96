import { join } from 'node:path'
import { pino } from 'pino'
import type { SipCredentials } from '#contract/crm.ts'
import { emptyDraft, type Work } from '#contract/desk.ts'
import type { User } from '#contract/domain/agent.ts'
import { type Id, newId } from '#contract/domain/ids.ts'
import { defaultLine, type LineConfiguration } from '#contract/domain/line.ts'
import { openCache } from '../../src/main/cache/cache.ts'
import { SealedFile } from '../../src/main/host/sealed-file.ts'
import { SealedSession } from '../../src/main/host/session.ts'
import { openKeyFile } from '../../src/main/loopback/key-file.ts'
import { defaultRealm } from '../../src/practice/line.ts'
import { type Practice, practiceSecret } from './practice.ts'
import { credential } from './sip-desk.ts'

export const elena: User = {
  id: newId(),
  name: 'Elena Prova',
  givenName: 'Elena',
  roles: ['operator'],
  teams: ['first-level'],
  extension: '2001',
}

export type LeftWork = { facts: Partial<Work>; note?: string }

/** A data folder as a killed host leaves it in the middle of a shift: a sealed session, open contacts. Gives the contacts' ids. */
export async function leaveDesk(options: {
  dataDir: string
  crmUrl: string
  user: User
  sip?: SipCredentials
  works?: readonly LeftWork[]
  /** When the work was last written. */
  savedAt?: Date
}): Promise<Id[]> {
  const { dataDir, crmUrl, user, sip, works = [], savedAt } = options
  const keys = await openKeyFile(dataDir)
  await new SealedFile(join(dataDir, 'session.sealed'), SealedSession, keys).write({
    user,
    refreshToken: 'a refresh token',
    until: new Date(Date.now() + 6 * 3_600_000).toISOString(),
    issuer: `${crmUrl}/oidc`,
    sip: sip ?? null,
  })
  const cache = openCache({
    dir: dataDir,
    key: await keys.databaseKey(),
    log: pino({ level: 'silent' }),
    now: () => savedAt ?? new Date(),
  })
  const ids = works.map(({ facts, note }) => {
    const contactId = newId()
    cache.work.put(user.id, {
      contactId,
      remote: { number: '02 5551 0143', e164: '+390255510143', displayName: null },
      queue: { name: 'Anagrafe', reason: null, waitedSeconds: 3 },
      direction: 'inbound',
      practice: true,
      continues: null,
      startedAt: new Date(Date.now() - 60_000).toISOString(),
      answeredAt: null,
      endedAt: null,
      ...facts,
    })
    if (note) cache.work.save(contactId, 0, { ...emptyDraft, note })
    return contactId
  })
  cache.close()
  return ids
}

/** What the CRM would have given this user for the practice line. */
export const practiceSip = (
  { line }: Practice,
  user: User,
  configuration: Partial<LineConfiguration> = {},
): SipCredentials => ({
  ...credential(practiceSecret, user.extension),
  extension: user.extension,
  realm: defaultRealm,
  expiresAt: new Date(Date.now() + 3_600_000).toISOString(),
  sipUrl: line.sipUrl,
  queueUrl: line.queueUrl,
  line: { ...defaultLine, ...configuration },
})
