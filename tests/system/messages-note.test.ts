import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { newId } from '#contract/domain/ids.ts'
import { type Note, noteChange } from '../../src/crm/messages/messages.ts'
import { type CrmUnderTest, startCrm } from '../support/crm.ts'
import { inDays, smallCity } from '../support/crm-city.ts'
import { BookingDesk } from '../support/messages.ts'
import { startPostgres, type TestPostgres } from '../support/postgres.ts'

describe.each(['PGlite', 'PostgreSQL'])('what a citizen must be told, on %s', (engine) => {
  let postgres: TestPostgres | undefined
  let crm: CrmUnderTest
  let desk: BookingDesk
  beforeAll(async () => {
    if (engine === 'PostgreSQL') postgres = await startPostgres()
    // Its own queue looks so rarely that what is queued stays so, however slow the machine is.
    crm = await startCrm({
      ...(postgres && { databaseUrl: await postgres.createDatabase() }),
      messages: { pace: { lookMs: 2 ** 30 } },
    })
    desk = await BookingDesk.open(crm)
  })
  afterAll(async () => {
    await crm.stop()
    await postgres?.stop()
  })

  const note = (appointmentId: string, kind: Note['kind'], channels: Note['channels']) =>
    crm.store.db.transaction().execute((trx) => noteChange(trx, { appointmentId, kind, channels }))

  const queue = async (appointmentId: string) =>
    (
      await crm.store.db
        .selectFrom('messages')
        .select(['kind', 'channel', 'recipient', 'state', 'reason', 'language'])
        .where('appointment_id', '=', appointmentId)
        .orderBy('made_at')
        .orderBy('channel')
        .execute()
    ).map((row) => [row.kind, row.channel, row.recipient, row.reason ?? row.state, row.language].join(' '))

  test('is queued with the change, in the citizen’s language, or is not there when the change is undone', async () => {
    const ada = await desk.citizen({ email: 'ada@example.org', language: 'en' })
    const id = await desk.book({ startsAt: inDays(5), citizenId: ada.id })
    await expect(
      crm.store.db.transaction().execute(async (trx) => {
        await noteChange(trx, { appointmentId: id, kind: 'confirmation', channels: ['email'] })
        throw new Error('undone')
      }),
    ).rejects.toThrow('undone')
    expect(await queue(id)).toEqual([])
    await note(id, 'confirmation', ['email', 'sms', 'sms', 'none'])
    expect(await queue(id)).toEqual([
      'confirmation email ada@example.org queued en',
      'confirmation sms +393471234567 queued en',
    ])
  })

  test('a missing address and an opt-out are visible, and no error', async () => {
    const ugo = await desk.citizen({ phones: [{ number: '+390255510143', kind: 'landline' }] })
    const id = await desk.book({ startsAt: inDays(6), citizenId: ugo.id })
    await note(id, 'confirmation', ['email', 'sms'])
    expect(await queue(id)).toEqual(['confirmation email  no-address it', 'confirmation sms  no-address it'])
    const eva = await desk.citizen()
    const hers = await desk.book({ startsAt: inDays(7), citizenId: eva.id })
    await crm.store.db
      .insertInto('channel_opt_outs')
      .values({ citizen_id: eva.id, channel: 'whatsapp' })
      .execute()
    await note(hers, 'confirmation', ['whatsapp', 'sms'])
    expect(await queue(hers)).toEqual([
      'confirmation sms +393471234567 queued it',
      'confirmation whatsapp +393471234567 opted-out it',
    ])
  })

  test('who does not want any channel that was named is told by another that reaches them', async () => {
    const unwilling = async (days: number, email: string | null) => {
      const citizen = await desk.citizen({ email })
      const id = await desk.book({ startsAt: inDays(days), citizenId: citizen.id })
      await desk.person.api.messages.setOptOuts({ id: citizen.id, channels: ['sms'] })
      return id
    }
    const [written, named, mobile] = [
      await unwilling(21, 'ivo@example.org'),
      await unwilling(22, 'ivo@example.org'),
      await unwilling(23, null),
    ]
    await note(written, 'confirmation', ['sms'])
    expect(await queue(written)).toEqual([
      'confirmation sms +393471234567 opted-out it',
      'confirmation email ivo@example.org queued it',
    ])
    await note(written, 'change', ['sms'])
    expect((await queue(written)).filter((line) => line.includes('queued'))).toEqual([
      'confirmation email ivo@example.org queued it',
    ])
    await note(named, 'confirmation', ['sms', 'whatsapp'])
    expect(await queue(named)).toEqual([
      'confirmation sms +393471234567 opted-out it',
      'confirmation whatsapp +393471234567 queued it',
    ])
    await note(mobile, 'confirmation', ['sms'])
    expect(await queue(mobile)).toEqual([
      'confirmation sms +393471234567 opted-out it',
      'confirmation whatsapp +393471234567 queued it',
    ])
    await note(mobile, 'cancellation', ['none'])
    expect(await queue(mobile)).toHaveLength(2)
  })

  test('somebody without a record is told at the mobile number they called from', async () => {
    const mobile = await desk.book({ startsAt: inDays(8), citizenId: null, callerNumber: '+393331112222' })
    await note(mobile, 'confirmation', ['sms'])
    expect(await queue(mobile)).toEqual(['confirmation sms +393331112222 queued it'])
    const landline = await desk.book({ startsAt: inDays(9), citizenId: null, callerNumber: '+390255512345' })
    await note(landline, 'confirmation', ['sms'])
    expect(await queue(landline)).toEqual(['confirmation sms  no-address it'])
  })

  test('a later change overtakes what has not gone out; a change before the confirmation is the confirmation', async () => {
    const ivo = await desk.citizen({ email: 'ivo@example.org' })
    const id = await desk.book({ startsAt: inDays(10), citizenId: ivo.id })
    await note(id, 'confirmation', ['email'])
    await note(id, 'change', 'known')
    await note(id, 'cancellation', 'known')
    expect(await queue(id)).toEqual([
      'confirmation email ivo@example.org superseded it',
      'confirmation email ivo@example.org superseded it',
      'cancellation email ivo@example.org queued it',
    ])
  })

  test('the confirmation goes again by the channel that is asked for, once for each wish, beside what goes another way', async () => {
    const citizen = await desk.citizen({ email: 'grace@example.org' })
    const startsAt = inDays(33)
    const id = await desk.book({ startsAt, citizenId: citizen.id })
    await note(id, 'confirmation', ['email'])
    const { api } = desk.person
    const again = (messageId: string, channel: 'email' | 'sms' | 'whatsapp') =>
      api.appointments.sendAgain({ id, messageId, channel })
    const bySms = newId()
    const { messages } = await again(bySms, 'sms')
    expect(messages.find((message) => message.id === bySms)).toMatchObject({
      ...{ kind: 'confirmation', channel: 'sms', state: 'queued' },
    })
    expect((await again(bySms, 'sms')).messages).toEqual(messages)
    expect(await queue(id)).toEqual([
      'confirmation email grace@example.org queued it',
      'confirmation sms +393471234567 queued it',
    ])
    // In the place of what waits in the same channel.
    await again(newId(), 'email')
    expect(await queue(id)).toEqual([
      'confirmation email grace@example.org superseded it',
      'confirmation sms +393471234567 queued it',
      'confirmation email grace@example.org queued it',
    ])
    await crm.store.db
      .insertInto('channel_opt_outs')
      .values({ citizen_id: citizen.id, channel: 'whatsapp' })
      .execute()
    await again(newId(), 'whatsapp')
    expect((await queue(id)).at(-1)).toBe('confirmation whatsapp +393471234567 opted-out it')

    await expect(
      api.appointments.sendAgain({ id: newId(), messageId: newId(), channel: 'sms' }),
    ).rejects.toMatchObject({ status: 404 })
    await desk.cancel(id, 'citizen')
    await expect(again(newId(), 'sms')).rejects.toMatchObject({ data: { code: 'appointment-settled' } })
  })

  test('nobody is invited again to a closed door, until the closure is taken back', async () => {
    const citizen = await desk.citizen({ email: 'hedy@example.org' })
    const startsAt = inDays(34)
    const id = await desk.book({ startsAt, citizenId: citizen.id })
    const around = (hours: number) => new Date(Date.parse(startsAt) + hours * 3_600_000).toISOString()
    const closure = newId()
    await crm.store.db
      .insertInto('closures')
      .values({
        ...{ id: closure, office_id: smallCity.office, starts_at: around(-1), ends_at: around(1) },
        ...{ reason: 'Assemblea', cancels: false },
      })
      .execute()
    const again = () =>
      desk.person.api.appointments.sendAgain({ id, messageId: newId(), channel: 'email' as const })
    await expect(again()).rejects.toMatchObject({ data: { code: 'office-closed-then' } })
    expect(await queue(id)).toEqual([])
    await crm.store.db
      .updateTable('closures')
      .set({ withdrawn_at: new Date().toISOString() })
      .where('id', '=', closure)
      .execute()
    await again()
    expect(await queue(id)).toEqual(['confirmation email hedy@example.org queued it'])
  })

  test('who was never told is told by e-mail if there is one, else by SMS', async () => {
    const one = await desk.citizen({ email: 'one@example.org' })
    const first = await desk.book({ startsAt: inDays(11), citizenId: one.id })
    await note(first, 'recovery', 'known')
    expect(await queue(first)).toEqual(['recovery email one@example.org queued it'])
    const two = await desk.citizen()
    const second = await desk.book({ startsAt: inDays(12), citizenId: two.id })
    await note(second, 'recovery', 'known')
    expect(await queue(second)).toEqual(['recovery sms +393471234567 queued it'])
  })
  const became = (
    id: string,
    channel: 'email' | 'sms',
    values: { state: string; reason?: string; via?: string },
  ) =>
    crm.store.db
      .updateTable('messages')
      .set({ ...values, ...(values.state === 'sent' ? { sent_at: new Date().toISOString() } : {}) } as never)
      .where('appointment_id', '=', id)
      .where('channel', '=', channel)
      .execute()

  test('what the office takes away goes by e-mail too, whatever the citizen was told by', async () => {
    const lea = await desk.citizen({ email: 'lea@example.org' })
    const id = await desk.book({ startsAt: inDays(13), citizenId: lea.id })
    await note(id, 'confirmation', ['sms'])
    await became(id, 'sms', { state: 'sent', via: 'outbox' })
    await desk.cancel(id, 'office')
    await note(id, 'recovery', 'known')
    expect((await queue(id)).slice(1)).toEqual([
      'recovery email lea@example.org queued it',
      'recovery sms +393471234567 queued it',
    ])
  })

  test('an address that refused is left for another, until it is taken again or there is no other', async () => {
    const mia = await desk.citizen({ email: 'mia@example.org' })
    const id = await desk.book({ startsAt: inDays(14), citizenId: mia.id })
    await note(id, 'confirmation', ['email'])
    await became(id, 'email', { state: 'failed', reason: 'refused' })
    await desk.cancel(id, 'office')
    await note(id, 'cancellation', 'known')
    expect((await queue(id)).slice(1)).toEqual(['cancellation sms +393471234567 queued it'])
    // It is known of the address, whichever the appointment.
    const next = await desk.book({ startsAt: inDays(15), citizenId: mia.id })
    await note(next, 'proposal', 'known')
    expect(await queue(next)).toEqual(['proposal sms +393471234567 queued it'])

    const noa = await desk.citizen({ email: 'noa@example.org', phones: [] })
    const hers = await desk.book({ startsAt: inDays(16), citizenId: noa.id })
    await note(hers, 'confirmation', ['email'])
    await became(hers, 'email', { state: 'failed', reason: 'refused' })
    await note(hers, 'cancellation', 'known')
    expect((await queue(hers)).slice(1)).toEqual(['cancellation email noa@example.org queued it'])
  })

  test('who no longer wants a channel, or has lost its address, is told by another', async () => {
    const booked = async (days: number) => {
      const citizen = await desk.citizen({ email: 'zoe@example.org' })
      const id = await desk.book({ startsAt: inDays(days), citizenId: citizen.id })
      await note(id, 'confirmation', ['email'])
      await became(id, 'email', { state: 'sent', via: 'smtp' })
      return { id, citizen }
    }
    const [unwilling, lost] = [await booked(17), await booked(18)]
    await crm.store.db
      .insertInto('channel_opt_outs')
      .values({ citizen_id: unwilling.citizen.id, channel: 'email' })
      .execute()
    await crm.store.db
      .updateTable('citizens')
      .set({ email: null })
      .where('id', '=', lost.citizen.id)
      .execute()
    for (const { id } of [unwilling, lost]) {
      await note(id, 'cancellation', 'known')
      expect((await queue(id)).slice(1)).toEqual(['cancellation sms +393471234567 queued it'])
    }
  })
})
