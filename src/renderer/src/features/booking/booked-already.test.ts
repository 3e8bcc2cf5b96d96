import { expect, it } from 'vitest'
import type { AppointmentState } from '#contract/domain/appointment.ts'
import { bookedAlready } from './booked-already.ts'

const now = Date.parse('2026-11-24T10:00:00Z')
const one = (
  id: string,
  startsAt: string,
  {
    state = 'confirmed',
    ...more
  }: { state?: AppointmentState; serviceIds?: string[]; confirmBy?: string } = {},
) => ({ id, startsAt, state, serviceIds: ['identity-card'], confirmBy: null, ...more })

it('is what stands and is to come for the same service', () => {
  const told = [
    one('later', '2026-12-09T08:00:00Z', { serviceIds: ['residence', 'identity-card'] }),
    one('next', '2026-12-02T08:00:00Z'),
    one('wish', '2026-12-03T08:00:00Z', { state: 'requested' }),
    one('proposed', '2026-12-04T08:00:00Z', { state: 'proposed', confirmBy: '2026-11-25T08:00:00Z' }),
    one('too late', '2026-12-05T08:00:00Z', { state: 'proposed', confirmBy: '2026-11-24T08:00:00Z' }),
    one('cancelled', '2026-12-02T08:00:00Z', { state: 'cancelled-by-citizen' }),
    one('other', '2026-12-02T08:00:00Z', { serviceIds: ['residence'] }),
    one('over', '2026-11-24T08:00:00Z'),
  ]
  const found = bookedAlready(told, ['identity-card'], now)
  expect(found.map(({ id }) => id)).toEqual(['next', 'wish', 'proposed', 'later'])
})
