import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useDesk } from '../../host/desk.tsx'
import { toFault } from '../../host/fault.ts'
import { Button } from '../../ui/button.tsx'
import { cx } from '../../ui/cx.ts'
import { useFaultText } from '../../ui/fault-text.tsx'
import headings from '../../ui/heading.module.css'
import { Notice, Waiting } from '../../ui/notice.tsx'
import { useFormat } from '../../ui/use-format.ts'
import s from './line.module.css'
import { Replay } from './replay.tsx'

/** The reports of bad lines that this desk has, and one of them played back. */
export function LineRecords() {
  const { t } = useTranslation()
  const say = useFaultText()
  const format = useFormat()
  const { queries } = useDesk()
  const kept = useQuery(queries.lineRecords)
  const [chosen, setChosen] = useState<string | null>(null)
  const open = chosen ?? kept.data?.[0]?.id ?? null
  return (
    <div>
      <h1 className={cx(headings.page, s.title)}>{t('work.line.page')}</h1>
      <p className={cx(s.about)}>{t('work.line.about')}</p>
      {kept.error ? (
        <Notice tone="red" alert>
          {say(toFault(kept.error))}
        </Notice>
      ) : null}
      {kept.data?.length === 0 ? <p>{t('work.line.none')}</p> : null}
      <ul className={cx(s.records)}>
        {kept.data?.map((record) => (
          <li key={record.id}>
            <Button
              look="link"
              size="small"
              onPress={() => setChosen(record.id)}
              aria-pressed={record.id === open}
            >
              {format.moment(record.startedAt)}
            </Button>
            <span>
              {record.blame ? t(`work.line.blame.${record.blame}`) : t('work.line.blame.none')}
              {record.practice ? ` (${t('work.line.practice')})` : null}
            </span>
          </li>
        ))}
      </ul>
      {open ? <OneRecord key={open} recordId={open} /> : null}
    </div>
  )
}

function OneRecord({ recordId }: { recordId: string }) {
  const { t } = useTranslation()
  const say = useFaultText()
  const { queries } = useDesk()
  const record = useQuery(queries.lineRecord(recordId))
  if (record.error) {
    return (
      <Notice tone="red" alert>
        {say(toFault(record.error))}
      </Notice>
    )
  }
  return record.data ? <Replay record={record.data} /> : <Waiting label={t('work.line.page')} />
}
