import { useQueryClient } from '@tanstack/react-query'
import { Paperclip } from 'lucide-react'
import { useState } from 'react'
import { FileTrigger } from 'react-aria-components'
import { filePartBytes } from '#contract/desk-tickets.ts'
import { newId } from '#contract/domain/ids.ts'
import {
  type Attachment,
  attachmentLimit,
  attachmentTypes,
  type TicketEntry,
  withOwnEnding,
} from '#contract/domain/ticket-entry.ts'
import type { FaultData } from '#contract/errors.ts'
import type { DeskClient } from '../../host/connection.ts'
import { useDesk } from '../../host/desk.tsx'
import { toFault } from '../../host/fault.ts'
import { useTranslation } from '../../i18n/use-translation.ts'
import { Button } from '../../ui/button.tsx'
import { cx } from '../../ui/cx.ts'
import { download } from '../../ui/download.ts'
import { FaultNotice } from '../../ui/fault-notice.tsx'
import s from './tickets.module.css'
import { useTicketFault } from './use-ticket-fault.ts'

/** Files of a request. They go to the CRM in parts, and are checked there. */
export function Files({ ticketId, entries }: { ticketId: string; entries: readonly TicketEntry[] }) {
  const { t } = useTranslation()
  const say = useTicketFault()
  const { desk } = useDesk()
  const client = useQueryClient()
  const [percent, setPercent] = useState<number | null>(null)
  const [fault, setFault] = useState<FaultData | null>(null)
  const files = entries.flatMap(({ what }) => (what.did === 'attached' ? [what.attachment] : []))
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
      await send(desk, ticketId, file, setPercent)
      await client.invalidateQueries({ queryKey: ['tickets'] })
    })
  }
  return (
    <section className={cx(s.part)} aria-labelledby="ticket-files">
      <h2 id="ticket-files">{t('work.tickets.files.title')}</h2>
      {files.length === 0 ? <p className={cx(s.none)}>{t('work.tickets.files.none')}</p> : null}
      <ul className={cx(s.files)}>
        {files.map((file) => (
          <li key={file.id}>
            <Button
              look="link"
              size="small"
              icon={<Paperclip size={15} aria-hidden="true" />}
              aria-label={t('work.tickets.files.save', { name: file.name })}
              onPress={() => void tried(() => save(desk, ticketId, file))}
            >
              {file.name}
            </Button>
            <span className={cx(s.small, 'n')}>
              {t('work.tickets.files.size', { kb: Math.ceil(file.size / 1024) })}
            </span>
          </li>
        ))}
      </ul>
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
const decode = (base64: string) => Uint8Array.from(atob(base64), (char) => char.charCodeAt(0))

async function send(
  desk: DeskClient,
  ticketId: string,
  file: File,
  tell: (percent: number) => void,
): Promise<void> {
  const [id, { size, name }] = [newId(), file]
  for (let from = 0; from < size; from += filePartBytes) {
    tell(Math.round((from / size) * 100))
    const part = new Uint8Array(await file.slice(from, from + filePartBytes).arrayBuffer())
    await desk.tickets.attach({ ticketId, id, name: name.slice(-255), size, from, base64: encode(part) })
  }
}

async function save(desk: DeskClient, ticketId: string, { id, name, type }: Attachment): Promise<void> {
  const parts: Uint8Array<ArrayBuffer>[] = []
  for (let from = 0; ; ) {
    const { base64, size } = await desk.tickets.attachment({ ticketId, id, from })
    const part = decode(base64)
    parts.push(part)
    from += part.byteLength
    if (part.byteLength === 0 || from >= size) break
  }
  download(withOwnEnding(name, type), new Blob(parts, { type }))
}
