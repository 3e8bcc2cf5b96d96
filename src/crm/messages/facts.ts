import { sql } from 'kysely'
import { z } from 'zod'
import type { AppointmentState } from '#contract/domain/appointment.ts'
import { cityZone, Words } from '#contract/domain/ids.ts'
import type { Reader } from '../store/query.ts'

/** Everything that messages and calendar files say of an appointment. Nothing of the person: an address may be somebody else's by now. */
export type Facts = {
  appointmentId: string
  code: string
  state: AppointmentState
  startsAt: string
  endsAt: string
  /** Rises with every change of time, place or state (RFC 5545, 3.8.7.4). */
  sequence: number
  confirmBy: string | null
  reason: string | null
  services: { name: Words; documents: Words }[]
  office: { id: string; name: string; address: string | null; zone: string }
}

const ServiceDocument = z.object({ name: Words, documents: Words, durationMinutes: z.number() })
const OfficeDocument = z.object({
  name: z.string(),
  address: z.string().nullish(),
  zone: z.string().default(cityZone),
})

type Row = Pick<Facts, 'appointmentId' | 'code' | 'state' | 'startsAt' | 'sequence'> & {
  officeId: string
  service: unknown
  office: unknown
}

export const officeZone = (document: unknown): string =>
  OfficeDocument.pick({ zone: true }).parse(document).zone

/** What there is to say of these appointments as they are now, by id; one that is gone is not in it. */
export async function readFacts(db: Reader, appointmentIds: readonly string[]): Promise<Map<string, Facts>> {
  const { rows } = await sql<Row>`
    select a.id as "appointmentId", a.code, a.state, a.starts_at as "startsAt", a.version as sequence,
      a.office_id as "officeId", s.body as service, o.body as office
    from appointments a join services s on s.id = a.service_id join offices o on o.id = a.office_id
    where a.id = any(${appointmentIds}::uuid[])`.execute(db)
  return new Map(
    rows.map(({ service, office, officeId, ...row }) => {
      const { name, documents, durationMinutes } = ServiceDocument.parse(service)
      const place = OfficeDocument.parse(office)
      const facts: Facts = {
        ...row,
        endsAt: new Date(Date.parse(row.startsAt) + durationMinutes * 60_000).toISOString(),
        confirmBy: null,
        reason: null,
        services: [{ name, documents }],
        office: { id: officeId, name: place.name, address: place.address ?? null, zone: place.zone },
      }
      return [row.appointmentId, facts]
    }),
  )
}
