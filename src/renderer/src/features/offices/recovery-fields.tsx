import { useTranslation } from '../../i18n/use-translation.ts'
import { cx } from '../../ui/cx.ts'
import { Field } from '../../ui/field.tsx'
import { parseDay, parseTime } from '../../ui/typed.ts'
import { countOf, type RecoveryDraft } from './closing.ts'
import { useExampleDay } from './example-day.ts'
import s from './offices.module.css'

/** Counters kept for those who lose their appointment. */
export function RecoveryFields({
  draft,
  onChange,
  autoFocus = false,
}: {
  draft: RecoveryDraft
  onChange: (change: Partial<RecoveryDraft>) => void
  autoFocus?: boolean
}) {
  const { t } = useTranslation()
  const example = useExampleDay()
  const wrong = (text: string, isRight: boolean, words: string) =>
    text.trim() !== '' && !isRight ? words : null
  const day = (text: string) =>
    wrong(text, parseDay(text) !== null, t('work.offices.form.dayWrong', { example }))
  const time = (text: string) => wrong(text, parseTime(text) !== null, t('work.offices.form.timeWrong'))
  const count = (text: string, most: number) =>
    wrong(text, countOf(text, most) !== null, t('work.offices.recovery.countWrong', { most }))
  const { from, days, fromTime, toTime, counters, keptThrough } = draft
  return (
    <fieldset className={cx(s.recovery)}>
      <legend>{t('work.offices.recovery.title')}</legend>
      <div className={cx(s.fields)}>
        <Field
          label={t('work.offices.recovery.from')}
          value={from}
          onChange={(text) => onChange({ from: text })}
          error={day(from)}
          autoFocus={autoFocus}
        />
        <Field
          label={t('work.offices.recovery.days')}
          value={days}
          onChange={(text) => onChange({ days: text })}
          error={count(days, 62)}
        />
        <Field
          label={t('work.offices.recovery.fromTime')}
          value={fromTime}
          onChange={(text) => onChange({ fromTime: text })}
          error={time(fromTime)}
        />
        <Field
          label={t('work.offices.recovery.toTime')}
          value={toTime}
          onChange={(text) => onChange({ toTime: text })}
          error={time(toTime)}
        />
        <Field
          label={t('work.offices.recovery.counters')}
          value={counters}
          onChange={(text) => onChange({ counters: text })}
          error={count(counters, 20)}
        />
        <Field
          label={t('work.offices.recovery.keptThrough')}
          hint={t('work.offices.recovery.keptHint')}
          value={keptThrough}
          onChange={(text) => onChange({ keptThrough: text })}
          error={day(keptThrough)}
        />
      </div>
    </fieldset>
  )
}
