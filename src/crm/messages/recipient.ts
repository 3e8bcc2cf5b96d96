import { type RawBuilder, sql } from 'kysely'

/**
 * Where a person is reached by a channel now, as SQL; null when nowhere. A mobile number of the caller serves where nobody is known by a
 * record: `+393` is Italy's mobile range.
 */
export const recipientOf = (appointment: RawBuilder<unknown>, channel: RawBuilder<unknown>) => sql<
  string | null
>`
  case
    when ${channel} = 'email' then (select c.email from citizens c where c.id = ${appointment}.citizen_id)
    when ${appointment}.citizen_id is not null then (select f.number from citizen_phones f
      where f.citizen_id = ${appointment}.citizen_id and (f.kind = 'mobile' or f.number like '+393%')
      order by f.kind = 'mobile' desc, f.position limit 1)
    else (select k.caller_number from contacts k where k.id = ${appointment}.contact_id and k.caller_number like '+393%')
  end`
