import type { Holiday } from '#contract/domain/calendar.ts'

/** Milan's patron, as the example city has it: schools and offices are closed by custom and agreement. */
export const patron: Holiday = {
  ...{ id: 'saint-ambrose', name: { it: 'Sant’Ambrogio', en: 'Saint Ambrose' }, on: { date: '12-07' } },
  ...{ movesTerms: true, closesOffices: true, source: 'patrono di Milano', validFrom: null, validTo: null },
}
