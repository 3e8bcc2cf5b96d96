import { describe, expect, it } from 'vitest'
import type { Slot } from '#contract/domain/appointment.ts'
import { visitOffers } from './visit-offers.ts'

const now = new Date('2026-11-25T06:00:00Z')
let last = 0
const slot = (at: string, free: number, officeId = 'via-larga-12'): Slot => ({
  id: `01a20000-0000-7000-8000-${String(++last).padStart(12, '0')}`,
  version: 1,
  officeId,
  agenda: 'identity',
  startsAt: `2026-11-26T${at}:00.000Z`,
  durationMinutes: 30,
  capacity: 3,
  booked: 3 - free,
})
const brief = (slots: Slot[], minutes: number) =>
  visitOffers(slots, minutes, now).map(
    ({ startsAt, endsAt, free }) => `${startsAt.slice(11, 16)}-${endsAt.slice(11, 16)} ${free}`,
  )

describe('where a visit may begin', () => {
  it('is every slot for one that fits in it', () => {
    expect(brief([slot('09:00', 2), slot('08:30', 1)], 30)).toEqual(['08:30-09:00 1', '09:00-09:30 2'])
  })

  it('needs as many slots in a row as it lasts: as free as the fullest of them', () => {
    expect(brief([slot('08:30', 3), slot('09:00', 1), slot('09:30', 2)], 45)).toEqual([
      '08:30-09:30 1',
      '09:00-10:00 1',
      '09:30-10:15 0',
    ])
  })

  it('does not span a lunch break, nor two offices', () => {
    expect(brief([slot('12:00', 3), slot('14:30', 3)], 60)).toEqual(['12:00-13:00 0', '14:30-15:30 0'])
    expect(brief([slot('12:00', 3), slot('12:30', 3, 'via-padova-118')], 60)).toEqual([
      '12:00-13:00 0',
      '12:30-13:30 0',
    ])
  })

  it('never lies behind', () => {
    expect(visitOffers([slot('08:30', 1)], 30, new Date('2026-11-26T08:30:00Z'))).toEqual([])
  })
})
