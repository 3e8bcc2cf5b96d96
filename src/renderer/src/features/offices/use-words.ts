import type { ClosureOutcome } from '#contract/crm-agenda.ts'
import type { Closure } from '#contract/domain/opening.ts'
import type { FaultData } from '#contract/errors.ts'
import { useOfficeFormat } from '../../host/use-office-format.ts'
import { useReferenceNames } from '../../host/use-reference-names.ts'
import { useTranslation } from '../../i18n/use-translation.ts'
import { useFaultText } from '../../ui/fault-text.tsx'
import { addDays, dayIn } from '../../ui/format.ts'
import { wholeDays } from './closing.ts'

/** From when to when, by the clock of the office: "2–4 dicembre", "mercoledì 2 dicembre, 9:00–13:00". */
export function useClosedTime(): (closure: Closure) => string {
  const { t } = useTranslation()
  const formatOf = useOfficeFormat()
  const { zone } = useReferenceNames()
  return (closure) => {
    const { officeId, from, to } = closure
    const format = formatOf(officeId)
    const days = wholeDays(closure, zone(officeId))
    if (days) return format.days(days.from, days.to)
    return dayIn(from, zone(officeId)) === dayIn(to, zone(officeId))
      ? `${format.longDay(from)}, ${format.times(from, to)}`
      : t('work.offices.span', { from: format.moment(from), to: format.moment(to) })
  }
}

export function useRecoveryText(): (outcome: ClosureOutcome) => string | null {
  const { t } = useTranslation()
  const formatOf = useOfficeFormat()
  return ({ closure, recovery, recoveryPlaces }) => {
    if (recovery === null) return null
    const format = formatOf(closure.officeId)
    const is = t('work.offices.recovery.is', {
      days: format.days(recovery.from, addDays(recovery.from, recovery.days - 1)),
      ...{ from: recovery.fromTime, to: recovery.toTime, counters: recovery.counters },
      until: format.moment(recovery.exclusiveUntil),
    })
    return `${is} ${t('work.offices.recovery.places', { count: recoveryPlaces ?? 0 })}`
  }
}

const refused = [
  'id',
  'to',
  'recovery',
  'recovery.from',
  'recovery.fromTime',
  'recovery.exclusiveUntil',
] as const
type Refused = (typeof refused)[number]
const keyOf: Record<
  Refused,
  'id' | 'to' | 'recovery' | 'recovery-from' | 'recovery-fromTime' | 'recovery-exclusiveUntil'
> = {
  ...{ id: 'id', to: 'to', recovery: 'recovery', 'recovery.from': 'recovery-from' },
  ...{
    'recovery.fromTime': 'recovery-fromTime',
    'recovery.exclusiveUntil': 'recovery-exclusiveUntil',
  },
}

/** A refusal of a closure, or of its recovery, in words that say what to change. */
export function useClosingFault(): (fault: FaultData) => string {
  const { t } = useTranslation()
  const say = useFaultText()
  return (fault) => {
    const field = refused.find((one) => one === fault.params.field)
    return fault.code === 'input-invalid' && field ? t(`work.offices.wrong.${keyOf[field]}`) : say(fault)
  }
}
