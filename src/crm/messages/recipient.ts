import { type RawBuilder, sql } from 'kysely'
import { maskEmail } from '#contract/domain/citizen-shown.ts'
import type { MessageChannel } from '#contract/domain/message.ts'
import { maskNumber } from '#contract/domain/phone-number.ts'

/** Enough to say over the phone which address it was. */
export const shortened = (channel: MessageChannel, recipient: string | null): string | null =>
  recipient === null ? null : channel === 'email' ? maskEmail(recipient) : maskNumber(recipient)

/**
 * Where the person of a row, an appointment or a request, is reached by a channel now, as SQL; null when nowhere. A mobile number of the caller serves where nobody is known by a
 * record: `+393` is Italy's mobile range.
 */
export const recipientOf = (row: RawBuilder<unknown>, channel: RawBuilder<unknown>) => sql<string | null>`
  case
    when ${channel} = 'email' then (select c.email from citizens c where c.id = ${row}.citizen_id)
    when ${row}.citizen_id is not null then (select f.number from citizen_phones f
      where f.citizen_id = ${row}.citizen_id and (f.kind = 'mobile' or f.number like '+393%')
      order by f.kind = 'mobile' desc, f.position limit 1)
    else (select k.caller_number from contacts k where k.id = ${row}.contact_id and k.caller_number like '+393%')
  end`
