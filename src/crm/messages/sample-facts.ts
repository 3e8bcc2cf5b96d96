import type { Facts } from './facts.ts'

/** An appointment for the check of templates at start: as long as its parts may reasonably be. */
export const sampleFacts: Facts = {
  appointmentId: '01996f3a-0000-7000-8000-000000000001',
  code: 'K7-4MQ',
  state: 'confirmed',
  startsAt: '2027-09-29T07:00:00.000Z',
  endsAt: '2027-09-29T07:30:00.000Z',
  sequence: 0,
  confirmBy: '2027-09-22T15:30:00.000Z',
  reason: null,
  isClosed: false,
  services: [
    {
      name: { it: 'Carta d’identità elettronica', en: 'Electronic identity card' },
      documents: { it: 'Carta precedente, una fototessera.', en: 'Previous card, one photograph.' },
    },
  ],
  office: {
    id: 'via-larga-12',
    name: 'Via Larga 12 (salone centrale)',
    address: 'Via Larga 12, 20122 Milano',
    zone: 'Europe/Rome',
  },
}
