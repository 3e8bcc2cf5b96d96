import { useQuery } from '@tanstack/react-query'
import type { Retained } from '#contract/crm-audit.ts'
import { useDesk } from '../../host/desk.tsx'
import { toFault } from '../../host/fault.ts'
import { useTranslation } from '../../i18n/use-translation.ts'
import { cx } from '../../ui/cx.ts'
import { useFaultText } from '../../ui/fault-text.tsx'
import { Notice, Waiting } from '../../ui/notice.tsx'
import { useFormat } from '../../ui/use-format.ts'
import s from './oversight.module.css'

const daysOfYear = 365

/** What is kept for how long, and what goes at the next run. */
export function Retention() {
  const { t } = useTranslation()
  const say = useFaultText()
  const format = useFormat()
  const { queries } = useDesk()
  const { data, error } = useQuery(queries.retention)
  if (error)
    return (
      <Notice tone="red" alert>
        {say(toFault(error))}
      </Notice>
    )
  if (!data) return <Waiting label={t('common.loading')} rows={8} />
  return (
    <>
      <p className={cx(s.none)}>
        {data.nextRunAt === null
          ? t('work.oversight.retention.never')
          : t('work.oversight.retention.next', { when: format.moment(data.nextRunAt) })}
      </p>
      <table className={cx(s.table)}>
        <thead>
          <tr>
            <th scope="col">{t('work.oversight.retention.what')}</th>
            <th scope="col">{t('work.oversight.retention.kept')}</th>
            <th scope="col">{t('work.oversight.retention.from')}</th>
            <th scope="col">{t('work.oversight.retention.due')}</th>
          </tr>
        </thead>
        <tbody>
          {data.kinds.map((one) => (
            <Row key={one.kind} {...one} />
          ))}
        </tbody>
      </table>
      <p className={cx(s.none)}>{t('work.oversight.retention.about')}</p>
    </>
  )
}

function Row({ kind, days, due }: Retained) {
  const { t } = useTranslation()
  const kept =
    days === null
      ? t('work.oversight.retention.forever')
      : days % daysOfYear === 0
        ? t('work.oversight.retention.years', { count: days / daysOfYear })
        : t('work.oversight.retention.days', { count: days })
  return (
    <tr>
      <th scope="row">{t(`work.oversight.retention.kind.${kind}`)}</th>
      <td className="n">{kept}</td>
      <td>{days === null ? null : t(`work.oversight.retention.since.${kind}`)}</td>
      <td className="n">
        {due === null
          ? t('work.oversight.retention.uncounted')
          : due.more
            ? t('work.oversight.retention.more', { count: due.count })
            : due.count}
      </td>
    </tr>
  )
}
