import { sql } from 'kysely'
import type { AppointmentState } from '#contract/domain/appointment.ts'
import type { Words } from '#contract/domain/ids.ts'
import { Office, Service } from '#contract/domain/reference.ts'
import { isClosed } from '../appointments/closed.ts'
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
  /** Its office is closed then: it still stands, and is to be moved by hand. */
  isClosed: boolean
  services: { name: Words; documents: Words }[]
  office: { id: string; name: string; address: string | null; zone: string }
}

type Row = Omit<Facts, 'services' | 'office'> & { officeId: string; services: unknown[]; office: unknown }

const ServiceWords = Service.pick({ name: true, documents: true })
const OfficePlace = Office.pick({ name: true, address: true, zone: true })

export const officeZone = (document: unknown): string => Office.pick({ zone: true }).parse(document).zone

/** What there is to say of an appointment as it is now. */
export async function readFacts(db: Reader, appointmentId: string): Promise<Facts | undefined> {
  const { rows } = await sql<Row>`
    select a.id as "appointmentId", a.code, a.state, a.starts_at as "startsAt", a.ends_at as "endsAt", a.sequence,
      a.confirm_by as "confirmBy", a.reason, a.office_id as "officeId", o.body as office,
      exists (select 1 from closures c where ${isClosed}) as "isClosed",
      (select jsonb_agg(s.body order by n.position) from unnest(a.service_ids) with ordinality as n (id, position)
        join services s on s.id = n.id) as services
    from appointments a join offices o on o.id = a.office_id
    where a.id = ${appointmentId}`.execute(db)
  const [found] = rows
  if (!found) return
  const { services, office, officeId, ...row } = found
  return {
    ...row,
    services: services.map((service) => ServiceWords.parse(service)),
    office: { id: officeId, ...OfficePlace.parse(office) },
  }
}
