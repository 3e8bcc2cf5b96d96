import type { AuditEntry } from '#contract/crm-audit.ts'
import type { AuditAct } from '#contract/desk-oversight.ts'
import { fullName } from '#contract/domain/citizen.ts'
import type { Parts } from './parts.ts'
import { desk, done } from './rpc.ts'

const actsAtOnce = 50
const mostChanges = 12
const longestValue = 200

/** What says nothing of a citizen; of everything else a window is told which fields changed, not what they hold. */
const openTables = new Set([
  ...['users', 'devices', 'legal_holds', 'channel_opt_outs', 'teams', 'rulebooks', 'offices', 'services'],
  ...['topics', 'articles', 'opening_rules', 'closures', 'messages'],
])

function valueText(value: unknown): string | null {
  if (value === null || value === undefined) return null
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return text.length > longestValue ? `${text.slice(0, longestValue)}…` : text
}

/** An id, or the moment that stands beside the act, tells a reader nothing. */
const isReadable = (value: string | null): boolean =>
  value !== null && !/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$|^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(value)

function changeShown({ what, did, before, after, purgedAt }: AuditEntry['changes'][number]) {
  const isHidden = !openTables.has(what)
  const value = (of: Record<string, unknown> | null, name: string) =>
    isHidden ? null : valueText(of?.[name])
  const names = Object.keys({ ...before, ...after }).filter((name) => name !== 'version')
  const fields = names
    .map((name) => ({ name, before: value(before, name), after: value(after, name) }))
    .filter((field) => isHidden || isReadable(field.before) || isReadable(field.after))
  return { what, did, fields, isHidden, purgedAt }
}

/** A row whose number rose because something beside it changed did not change itself. */
const isTold = ({ did, before, after, purgedAt }: AuditEntry['changes'][number]): boolean =>
  did !== 'update' ||
  purgedAt !== null ||
  Object.keys({ ...before, ...after }).some((name) => name !== 'version')

function actShown({ id, at, operation, userName, changes }: AuditEntry): AuditAct {
  const told = changes.filter(isTold)
  return {
    ...{ id, at, operation, userName, count: told.length },
    changes: told.slice(0, mostChanges).map(changeShown),
  }
}

/** Questions for the CRM, which alone knows who may ask them; nothing of their answers stays here. */
export function oversightService({ cache, client: { oversight } }: Pick<Parts, 'cache' | 'client'>) {
  return {
    person: desk.oversight.person.handler(async ({ input: { citizenId } }) => {
      const [reads, holds] = await Promise.all([oversight.reads(citizenId), oversight.holds()])
      const known = cache.story(citizenId)?.citizen
      return {
        name: known ? fullName(known) : null,
        reads,
        hold: holds.find((hold) => hold.citizenId === citizenId) ?? null,
      }
    }),
    report: desk.oversight.report.handler(async ({ input: { citizenId, language } }) => ({
      text: await oversight.readsReport(citizenId, language),
    })),
    setHold: desk.oversight.setHold.handler(({ input: { citizenId, reason } }) =>
      oversight.hold(citizenId, reason),
    ),
    endHold: desk.oversight.endHold.handler(async ({ input: { citizenId } }) => {
      await oversight.release(citizenId)
      return done
    }),
    devices: desk.oversight.devices.handler(async () => ({ devices: await oversight.devices() })),
    wipe: desk.oversight.wipe.handler(({ input: { deviceId, mode } }) => oversight.wipe(deviceId, mode)),
    retention: desk.oversight.retention.handler(() => oversight.schedule()),
    audit: desk.oversight.audit.handler(async ({ input: { by, before } }) => {
      const entries = await oversight.audit({ by, limit: actsAtOnce, ...(before !== null && { before }) })
      return { acts: entries.map(actShown) }
    }),
    statistics: desk.oversight.statistics.handler(async ({ input }) => ({
      counts: await oversight.statistics(input),
    })),
  }
}
