import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Paperclip } from 'lucide-react'
import { useState } from 'react'
import { FileTrigger } from 'react-aria-components'
import { filePartBytes } from '#contract/desk-tickets.ts'
import { newId } from '#contract/domain/ids.ts'
import { attachmentLimit, attachmentTypes, type TicketEntry } from '#contract/domain/ticket-entry.ts'
import type { FaultData } from '#contract/errors.ts'
import type { DeskClient } from '../../host/connection.ts'
import { useDesk } from '../../host/desk.tsx'
import { toFault } from '../../host/fault.ts'
import { saveFile } from '../../host/save-file.ts'
import { useTranslation } from '../../i18n/use-translation.ts'
import { announce } from '../../ui/announce.tsx'
import { Button } from '../../ui/button.tsx'
import { cx } from '../../ui/cx.ts'
import { FaultNotice } from '../../ui/fault-notice.tsx'
import { Tag } from '../../ui/tag.tsx'
import s from './tickets.module.css'
import { useTicketFault } from './use-ticket-fault.ts'

/** Files of a request, also those that wait here. They go to the CRM in parts, and are checked there. */
export function Files({ ticketId, entries }: { ticketId: string; entries: readonly TicketEntry[] }) {
  const { t } = useTranslation()
  const say = useTicketFault()
  const { desk, queries } = useDesk()
  const client = useQueryClient()
  const [percent, setPercent] = useState<number | null>(null)
  const [fault, setFault] = useState<FaultData | null>(null)
  const files = entries.flatMap(({ what }) => (what.did === 'attached' ? [what.attachment] : []))
  const waiting = (useQuery(queries.waitingFiles).data ?? []).filter((file) => file.ticketId === ticketId)
  const tried = async (work: () => Promise<void>) => {
    setFault(null)
    try {
      await work()
    } catch (error) {
      setFault(toFault(error))
    } finally {
      setPercent(null)
    }
  }
  const add = (file: File) => {
    const why = file.size === 0 ? 'empty' : file.size > attachmentLimit ? 'size' : null
    if (why) return setFault({ kind: 'invalid', code: 'attachment-refused', params: { why } })
    void tried(async () => {
      if (await send(desk, ticketId, file, setPercent)) announce(t('work.tickets.files.waits'))
      await client.invalidateQueries({ queryKey: ['tickets'] })
    })
  }
  return (
    <section className={cx(s.part)} aria-labelledby="ticket-files">
      <h2 id="ticket-files">{t('work.tickets.files.title')}</h2>
      {files.length + waiting.length === 0 ? (
        <p className={cx(s.none)}>{t('work.tickets.files.none')}</p>
      ) : null}
      <ul className={cx(s.files)}>
        {files.map((file) => (
          <li key={file.id}>
            <Button
              look="link"
              size="small"
              icon={<Paperclip size={15} aria-hidden="true" />}
              aria-label={t('work.tickets.files.save', { name: file.name })}
              onPress={() => void tried(() => saveFile(desk, ticketId, file))}
            >
              {file.name}
            </Button>
            <span className={cx(s.small, 'n')}>
              {t('work.tickets.files.size', { kb: Math.ceil(file.size / 1024) })}
            </span>
          </li>
        ))}
        {waiting.map((file) => (
          <li key={file.id}>
            <span>{file.name}</span>
            <span className={cx(s.small, 'n')}>
              {t('work.tickets.files.size', { kb: Math.ceil(file.size / 1024) })}
            </span>
            {file.fault ? (
              <span className={cx(s.error)}>{say(file.fault)}</span>
            ) : (
              <Tag tone="amber">{t('work.tickets.history.pending')}</Tag>
            )}
          </li>
        ))}
      </ul>
      {waiting.length > 0 ? <p className={cx(s.small)}>{t('work.tickets.files.inOutbox')}</p> : null}
      <FaultNotice fault={fault} say={say} />
      <div className={cx(s.out)}>
        <FileTrigger
          acceptedFileTypes={[...attachmentTypes]}
          onSelect={(list) => {
            const file = list?.[0]
            if (file) add(file)
          }}
        >
          <Button size="small" isDisabled={percent !== null}>
            {t('work.tickets.files.add')}
          </Button>
        </FileTrigger>
        <span className={cx(s.small, 'n')} role="status">
          {percent === null ? t('work.tickets.files.types') : t('work.tickets.files.sending', { percent })}
        </span>
      </div>
    </section>
  )
}

const encode = (bytes: Uint8Array): string => {
  let text = ''
  for (let at = 0; at < bytes.length; at += 0x8000)
    text += String.fromCharCode(...bytes.subarray(at, at + 0x8000))
  return btoa(text)
}

/** Whether it waits here now. */
async function send(
  desk: DeskClient,
  ticketId: string,
  file: File,
  tell: (percent: number) => void,
): Promise<boolean> {
  const [id, { size, name }] = [newId(), file]
  let waits = false
  for (let from = 0; from < size; from += filePartBytes) {
    tell(Math.round((from / size) * 100))
    const part = new Uint8Array(await file.slice(from, from + filePartBytes).arrayBuffer())
    const whole = { ticketId, id, name: name.slice(-255), size, from, base64: encode(part) }
    waits = (await desk.tickets.attach(whole)).waits
  }
  return waits
}
