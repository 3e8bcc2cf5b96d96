import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Label, Radio, RadioGroup } from 'react-aria-components'
import { useDesk } from '../../host/desk.tsx'
import { toFault } from '../../host/fault.ts'
import { useReferenceNames } from '../../host/use-reference-names.ts'
import { useTranslation } from '../../i18n/use-translation.ts'
import choices from '../../ui/choice.module.css'
import { cx } from '../../ui/cx.ts'
import { useFaultText } from '../../ui/fault-text.tsx'
import { addDays, cityDay } from '../../ui/format.ts'
import { Notice, Waiting } from '../../ui/notice.tsx'
import s from './oversight.module.css'
import { type Total, totalsBy } from './totals.ts'

const periods = ['1', '7', '30', '365'] as const

/** Counts of what there was, without persons: they stay when the persons' records are purged. */
export function Statistics() {
  const { t } = useTranslation()
  const say = useFaultText()
  const names = useReferenceNames()
  const { queries } = useDesk()
  const [period, setPeriod] = useState<(typeof periods)[number]>('7')
  const to = cityDay(Date.now())
  const { data, error } = useQuery(queries.statistics({ from: addDays(to, 1 - Number(period)), to }))
  return (
    <>
      <RadioGroup
        className={cx(s.periods)}
        value={period}
        onChange={(value) => setPeriod(periods.find((one) => one === value) ?? '7')}
        orientation="horizontal"
      >
        <Label className="visually-hidden">{t('work.oversight.statistics.period')}</Label>
        {periods.map((one) => (
          <Radio key={one} value={one} className={cx(choices.choice)}>
            {t(`work.oversight.statistics.days.${one}`)}
          </Radio>
        ))}
      </RadioGroup>
      {error ? (
        <Notice tone="red" alert>
          {say(toFault(error))}
        </Notice>
      ) : !data ? (
        <Waiting label={t('common.loading')} rows={6} />
      ) : (
        <div className={cx(s.totals)}>
          <Totals
            title={t('work.oversight.statistics.contacts')}
            totals={totalsBy(data, 'contact', 'topic')}
            name={names.topic}
          />
          <Totals
            title={t('work.oversight.statistics.tickets')}
            totals={totalsBy(data, 'ticket', 'topic')}
            name={names.topic}
          />
          <Totals
            title={t('work.oversight.statistics.appointments')}
            totals={totalsBy(data, 'appointment', 'topic')}
            name={names.office}
          />
        </div>
      )}
    </>
  )
}

function Totals({
  title,
  totals,
  name,
}: {
  title: string
  totals: readonly Total[]
  name: (id: string) => string
}) {
  const { t } = useTranslation()
  const all = totals.reduce((sum, { count }) => sum + count, 0)
  return (
    <table className={cx(s.table)}>
      <caption>{title}</caption>
      <tbody>
        <tr className={cx(s.sum)}>
          <th scope="row">{t('work.oversight.statistics.all')}</th>
          <td className="n">{all}</td>
        </tr>
        {totals.map(({ id, count }) => (
          <tr key={id}>
            <th scope="row">{id === '' ? t('work.oversight.statistics.unsaid') : name(id)}</th>
            <td className="n">{count}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
