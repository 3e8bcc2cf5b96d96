import { useQuery } from '@tanstack/react-query'
import { ArrowUp, Paperclip, TriangleAlert } from 'lucide-react'
import { undecidedUntil, type WaitingFile } from '#contract/desk.ts'
import { cityDayOf } from '#contract/domain/calendar.ts'
import { attempt } from '../../host/attempt.ts'
import { useDesk } from '../../host/desk.tsx'
import { saveFile } from '../../host/save-file.ts'
import { useTranslation } from '../../i18n/use-translation.ts'
import { Button } from '../../ui/button.tsx'
import { cx } from '../../ui/cx.ts'
import { useFaultText } from '../../ui/fault-text.tsx'
import { Tag } from '../../ui/tag.tsx'
import { useFormat } from '../../ui/use-format.ts'
import { AskedFirst } from './asked-first.tsx'
import s from './outbox.module.css'

/** Files for requests that the CRM does not have yet, or that it has not taken. */
export function WaitingFiles() {
  const { t } = useTranslation()
  const { queries } = useDesk()
  const files = useQuery(queries.waitingFiles).data ?? []
  if (files.length === 0) return null
  return (
    <section aria-labelledby="outbox-files">
      <div className={cx(s.head)}>
        <h2 id="outbox-files">{t('work.outbox.files.head')}</h2>
      </div>
      <ul className={cx(s.queue)}>
        {files.map((file) => (
          <OneFile key={file.id} file={file} />
        ))}
      </ul>
    </section>
  )
}

function OneFile({ file }: { file: WaitingFile }) {
  const { t } = useTranslation()
  const say = useFaultText()
  const format = useFormat()
  const { desk } = useDesk()
  const { id, ticketId, name, size, at, fault } = file
  const remove = () => void attempt('dismiss', () => desk.outbox.removeFile({ id }))
  const save = () => void attempt('saveFile', () => saveFile(desk, ticketId, { id, name, type: null }))
  return (
    <li className={cx(fault && s.conflict)}>
      {fault ? <TriangleAlert size={18} aria-hidden="true" /> : <Paperclip size={17} aria-hidden="true" />}
      <div>
        <b>{name}</b>
        <p className="n">
          {fault ? say(fault) : t('work.outbox.files.detail')} {format.time(at)},{' '}
          {t('work.tickets.files.size', { kb: Math.ceil(size / 1024) })}
        </p>
      </div>
      <Tag
        tone={fault ? 'red' : 'plain'}
        icon={fault ? <TriangleAlert aria-hidden="true" /> : <ArrowUp aria-hidden="true" />}
      >
        {t(`work.outbox.state.${fault ? 'failed' : 'pending'}`)}
      </Tag>
      {fault ? (
        <p className={cx(s.more, 'n')}>
          {t('work.outbox.goesOn', { date: format.dateLong(cityDayOf(undecidedUntil(at))) })}
        </p>
      ) : null}
      <div className={cx(s.out)}>
        <Button size="small" onPress={save} aria-label={t('work.tickets.files.save', { name })}>
          {t('work.outbox.files.save')}
        </Button>
        <AskedFirst
          label={t('work.outbox.files.remove')}
          question={t('work.outbox.files.sure')}
          onSure={remove}
        />
      </div>
    </li>
  )
}
