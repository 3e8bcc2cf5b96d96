import { sql } from 'kysely'
import { Temporal } from 'temporal-polyfill'
import { newId } from '#contract/domain/ids.ts'
import { extendHorizon } from '../../src/crm/agenda/jobs.ts'
import { calendarFile } from '../../src/crm/messages/calendar.ts'
import { readFacts } from '../../src/crm/messages/facts.ts'
import { loadTemplates, renderMessage } from '../../src/crm/messages/texts.ts'
import { startCrm } from './crm.ts'
import { addCitizen, addPerson, fillSmallCity, smallCity } from './crm-city.ts'
import { everyDay } from './opening.ts'
import { readCalendar } from './read-calendar.ts'

/** A program of its own, so that it can run under another TZ: prints what slots, what text and what calendar files each of the days has. */
const [databaseUrl = '', ...dates] = process.argv.slice(2)
const crm = await startCrm({ databaseUrl })
try {
  const { db } = crm.store
  await fillSmallCity(db)
  await sql`update services set body = jsonb_set(body, '{durationMinutes}', '60')`.execute(db)
  const supervisor = await addPerson(crm, { roles: ['supervisor'] })
  const { office, service } = smallCity
  const night = everyDay({ from: '00:30', to: '04:30', stepMinutes: 60 })
  const morning = everyDay({ from: '08:30', to: '09:30', stepMinutes: 60 })
  await supervisor.api.agenda.setRules({ officeId: office, rules: [night, morning] })
  const templates = await loadTemplates()
  const citizen = await addCitizen(db)
  const days = []
  for (const date of dates) {
    const noonBefore = Temporal.PlainDate.from(date).subtract({ days: 2 }).toZonedDateTime('Europe/Rome')
    await extendHorizon(db, new Date(noonBefore.epochMilliseconds))
    const { slots } = await supervisor.api.agenda.week({
      ...{ officeId: office, serviceIds: [service], monday: date },
    })
    const rome = (instant: string) => Temporal.Instant.from(instant).toZonedDateTimeISO('Europe/Rome')
    const api = slots
      .map(({ startsAt }) => startsAt)
      .filter((at) => rome(at).toPlainDate().toString() === date)
    const booked = await supervisor.api.appointments.book({
      ...{ id: newId(), serviceIds: [service], officeId: office, startsAt: api.at(-1) ?? '' },
      ...{ channel: 'phone', citizenId: citizen.id },
    })
    const facts = await readFacts(db, booked.id)
    if (!facts) throw new Error('the appointment has no facts')
    const message = { kind: 'confirmation', channel: 'email', language: 'it' } as const
    const files = api.map((startsAt) => {
      const endsAt = new Date(Date.parse(startsAt) + 3_600_000).toISOString()
      const { settings } = templates
      const now = new Date(noonBefore.epochMilliseconds)
      return calendarFile({ ...facts, startsAt, endsAt }, { settings, language: 'it', attendee: null, now })
        .content
    })
    days.push({
      date,
      api,
      rome: api.map((at) => `${rome(at).toPlainTime().toString().slice(0, 5)} ${rome(at).offset}`),
      words: renderMessage(templates, message, facts).text,
      texts: api.map((startsAt) => renderMessage(templates, message, { ...facts, startsAt }).text),
      files,
      readHere: files.map(readCalendar),
    })
  }
  process.stdout.write(JSON.stringify({ zone: Intl.DateTimeFormat().resolvedOptions().timeZone, days }))
} finally {
  await crm.stop()
}
