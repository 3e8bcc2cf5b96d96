import { Temporal } from 'temporal-polyfill'
import type { Recovery } from '#contract/crm-agenda.ts'
import type { ClosedTime, OfferedRecovery } from '#contract/desk-offices.ts'
import type { Citizen } from '#contract/domain/citizen.ts'
import { cityZone, type Id } from '#contract/domain/ids.ts'
import { maskNumber } from '#contract/domain/phone-number.ts'
import { Fault } from '#contract/errors.ts'
import type { Parts } from './parts.ts'
import { desk } from './rpc.ts'
import { shownCitizen } from './shown.ts'

const startOf = (day: Temporal.PlainDate, time: string | null, zone: string): string =>
  day
    .toZonedDateTime({ timeZone: zone, ...(time !== null && { plainTime: time }) })
    .toInstant()
    .toString()

const nextDay = (day: string): Temporal.PlainDate => Temporal.PlainDate.from(day).add({ days: 1 })

/** What the wall of an office in that zone says, as the moments at which it says so. */
export function momentsOf({ from, to, fromTime, toTime }: ClosedTime, zone: string) {
  const moments = {
    from: startOf(Temporal.PlainDate.from(from), fromTime, zone),
    to:
      toTime === null ? startOf(nextDay(to), null, zone) : startOf(Temporal.PlainDate.from(to), toTime, zone),
  }
  if (Date.parse(moments.from) >= Date.parse(moments.to))
    throw new Fault('invalid', 'input-invalid', { params: { field: 'to' } })
  return moments
}

const recoveryOf = ({ keptThrough, ...rest }: OfferedRecovery, zone: string): Recovery => ({
  ...rest,
  exclusiveUntil: startOf(nextDay(keptThrough), null, zone),
})

/** Questions and orders for the CRM, which alone knows who may give them; nothing of its answers stays here. */
export function officesService({
  cache,
  client,
  phone,
  session,
  now,
}: Pick<Parts, 'cache' | 'client' | 'phone' | 'session' | 'now'>) {
  const { offices } = client
  const zoneOf = (officeId: string) =>
    cache.reference().offices.find(({ id }) => id === officeId)?.zone ?? cityZone
  const numberOf = async (citizenId: Id, shown: string): Promise<string> => {
    const { citizens } = await client.story(citizenId, { kind: 'search' })
    const known = citizens.find(({ id }) => id === citizenId)?.phones
    const phone = known?.find(({ number }) => maskNumber(number) === shown)
    if (!phone) throw new Fault('not-found', 'record-not-found')
    return phone.number
  }
  const callerOf = async (contactId: Id): Promise<string> => {
    const { callerNumber } = await client.contact(contactId)
    if (callerNumber === null) throw new Fault('not-found', 'record-not-found')
    return callerNumber
  }
  return {
    closures: desk.offices.closures.handler(async ({ input }) => ({
      closures: await offices.closures(input.officeId),
    })),
    concerned: desk.offices.concerned.handler(async ({ input: { officeId, time } }) => ({
      count: await offices.concerned({ officeId, ...momentsOf(time, zoneOf(officeId)) }),
    })),
    close: desk.offices.close.handler(({ input: { time, recovery, ...closing } }) => {
      const zone = zoneOf(closing.officeId)
      return offices.close({
        ...{ ...closing, ...momentsOf(time, zone), agendas: null },
        recovery: recovery && recoveryOf(recovery, zone),
      })
    }),
    withdraw: desk.offices.withdraw.handler(({ input }) => offices.withdraw(input.closureId)),
    recover: desk.offices.recover.handler(({ input: { closureId, officeId, recovery } }) =>
      offices.recover(closureId, recoveryOf(recovery, zoneOf(officeId))),
    ),
    affected: desk.offices.affected.handler(async ({ input }) => {
      const { affected, standing } = await offices.affected(input.closureId)
      const shown = <One extends { citizen: Citizen | null }>({ citizen, ...one }: One) => ({
        ...one,
        citizen: citizen && shownCitizen(citizen, false, now()),
      })
      return { affected: affected.map(shown), standing: standing.map(shown) }
    }),
    call: desk.offices.call.handler(async ({ input }) => {
      session.user()
      const number =
        'citizenId' in input ? await numberOf(input.citizenId, input.number) : await callerOf(input.contactId)
      return { callId: await phone.dial(number) }
    }),
    failed: desk.offices.failed.handler(async () => ({ messages: await offices.failedMessages() })),
    resend: desk.offices.resend.handler(async ({ input }) => ({ ids: await offices.resend(input.ids) })),
  }
}
