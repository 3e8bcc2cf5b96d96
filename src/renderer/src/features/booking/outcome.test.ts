import { describe, expect, it } from 'vitest'
import type { CommandRequest } from '#contract/commands/registry.ts'
import type { Appointment } from '#contract/domain/appointment.ts'
import type { ErrorCode } from '#contract/errors.ts'
import { type Known, type Outcome, outcomeOf } from './outcome.ts'

const id = (n: number) => `00000000-0000-7000-8000-${String(n).padStart(12, '0')}`

const before: Appointment = {
  ...{ id: id(1), version: 3, code: 'K7-4MQ', slotId: id(2), slotIds: [id(2)], counter: 1 },
  ...{ serviceIds: ['identity-card'], officeId: 'via-larga-12', citizenId: id(9), contactId: null },
  ...{ startsAt: '2026-12-02T09:00:00.000Z', endsAt: '2026-12-02T09:20:00.000Z' },
  ...{ state: 'confirmed', sequence: 0, confirmBy: null, reason: null, recoveryOf: null },
}
const place = {
  ...{ slotId: id(3), slotIds: [id(3)], officeId: 'via-larga-12' },
  ...{ startsAt: '2026-12-04T09:00:00.000Z', endsAt: '2026-12-04T09:20:00.000Z' },
}
const moving: Appointment = { ...before, ...place, counter: null, state: 'requested' }
const moved: Appointment = { ...moving, counter: 2, state: 'confirmed', sequence: 1 }

const move: CommandRequest = {
  name: 'appointment.reschedule',
  args: { ...place, appointmentId: id(1), holdId: null, notify: [] },
}
const book: CommandRequest = {
  name: 'appointment.book',
  args: {
    ...{ ...place, id: id(1), serviceIds: ['identity-card'], citizenId: id(9), contactId: null },
    ...{ recoveryOf: null, holdId: null, leaseId: null, channel: 'phone', notify: [] },
  },
}
const asked = '2026-12-01T10:00:00.000Z'
const refused = (request: CommandRequest, code: ErrorCode, at = asked): Known['entries'][number] => ({
  ...{ request, at, state: 'refused' },
  fault: { kind: 'conflict', code, params: {} },
})

const looking: Outcome = { kind: 'looking' }
const known = (facts: Partial<Known>): Known => ({
  ...{ appointmentId: id(1), since: Date.parse(asked), appointment: null, entries: [], asking: false },
  ...facts,
})

describe('what became of a visit that was asked for', () => {
  it('is the appointment, as long as nothing was refused', () => {
    expect(outcomeOf(looking, known({ asking: true }))).toBe(looking)
    expect(outcomeOf(looking, known({ appointment: moving }))).toEqual({ kind: 'known', appointment: moving })
    expect(outcomeOf(looking, known({ appointment: moved }))).toEqual({ kind: 'known', appointment: moved })
  })

  it.each(['slot-taken', 'slot-gone', 'appointment-begun', 'appointment-settled'] as const)(
    'of a move that was refused (%s): that and why, and that the old time stands',
    (code) => {
      const asking = outcomeOf(looking, known({ appointment: moving }))
      const entries = [refused(move, code)]
      // The old row is there first: not for a moment is it the answer to the move.
      expect(outcomeOf(asking, known({ appointment: before, asking: true }))).toBe(asking)
      const outcome = outcomeOf(asking, known({ appointment: before, entries }))
      expect(outcome).toMatchObject({
        ...{ kind: 'refused', request: move, fault: { code }, stands: before },
      })
      // Dismissed, it is no confirmation either.
      expect(outcomeOf(outcome, known({ appointment: before }))).toEqual(outcome)
      expect(outcomeOf(outcome, known({ appointment: moving }))).toMatchObject({ kind: 'known' })
      expect(outcomeOf(outcome, known({ appointment: moved }))).toMatchObject({ kind: 'known' })
    },
  )

  it.each(['slot-taken', 'citizen-gone'] as const)('of a booking that was refused (%s): why', (code) => {
    const outcome = outcomeOf(looking, known({ entries: [refused(book, code)] }))
    expect(outcome).toMatchObject({ kind: 'refused', fault: { code }, stands: null })
    expect(outcomeOf(outcome, known({}))).toEqual(outcome)
  })

  it('is not what was refused before, or of another appointment', () => {
    const earlier = refused(move, 'slot-taken', '2026-12-01T09:59:00.000Z')
    const other = refused({ ...book, args: { ...book.args, id: id(7) } } as CommandRequest, 'slot-taken')
    const outcome = outcomeOf(looking, known({ appointment: moved, entries: [earlier, other] }))
    expect(outcome).toEqual({ kind: 'known', appointment: moved })
    expect(outcomeOf(looking, known({}))).toEqual({ kind: 'gone' })
  })
})
