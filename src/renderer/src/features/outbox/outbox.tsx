import { useQuery } from '@tanstack/react-query'
import { ArrowUp } from 'lucide-react'
import type { OutboxEntry } from '#contract/desk.ts'
import { useDesk } from '../../host/desk.tsx'
import { toFault } from '../../host/fault.ts'
import { useLive } from '../../host/live-store.ts'
import { useTranslation } from '../../i18n/use-translation.ts'
import { cx } from '../../ui/cx.ts'
import { useFaultText } from '../../ui/fault-text.tsx'
import { clock } from '../../ui/format.ts'
import { Waiting } from '../../ui/notice.tsx'
import { useNow } from '../../ui/now.ts'
import { Tag } from '../../ui/tag.tsx'
import { CommandIcon, Entry } from './entry.tsx'
import { asksForChoice, inOrder } from './order.ts'
import s from './outbox.module.css'
import { WaitingFiles } from './waiting-files.tsx'
import type { Reopen } from './ways-out.tsx'

/** What the CRM refused, above everything: somebody was told something that is not so. */
export function Conflicts({
  of,
  reopen,
}: {
  /** Only those of this contact: during a call the others can wait. */
  of: string | null
  reopen: Reopen
}) {
  const { t } = useTranslation()
  const { queries } = useDesk()
  const { data } = useQuery(queries.outbox)
  const work = useQuery(queries.work).data ?? []
  const entries = (data ?? []).filter(
    (entry) => asksForChoice(entry) && (of === null || entry.contactId === of),
  )
  if (entries.length === 0) return null
  return (
    <ul className={cx(s.conflicts)} aria-label={t('work.outbox.conflicts')}>
      {entries.map((entry) => (
        <Entry
          key={entry.commandId}
          entry={entry}
          work={work.find(({ contactId }) => contactId === entry.contactId) ?? null}
          reopen={reopen}
        />
      ))}
    </ul>
  )
}

const isSlow = ({ at, state }: OutboxEntry, now: number): boolean =>
  state === 'pending' && now - Date.parse(at) > 15_000

/** What waits for the CRM while it is away, below something else; what goes out within moments is not worth a glance. */
export function OutboxBelow() {
  const { queries } = useDesk()
  const { data } = useQuery(queries.outbox)
  const crm = useLive((state) => state.truth?.crm)
  const now = useNow()
  const waiting = (data ?? []).filter((entry) => !asksForChoice(entry))
  if (waiting.length === 0 || (crm?.state === 'reachable' && !waiting.some((entry) => isSlow(entry, now))))
    return null
  return <Queue data={waiting} reopen={null} />
}

/** Everything that waits, in words, what asks for a choice on top. */
export function Outbox({ reopen }: { reopen: Reopen }) {
  const { t } = useTranslation()
  const say = useFaultText()
  const { queries } = useDesk()
  const { data, error } = useQuery(queries.outbox)
  const others = useLive((state) => state.truth?.outbox.others) ?? 0
  const othersRefused = useLive((state) => state.truth?.outbox.othersRefused) ?? 0
  if (!data)
    return error ? (
      <p className={cx(s.none)}>{say(toFault(error))}</p>
    ) : (
      <Waiting label={t('common.loading')} />
    )
  return (
    <>
      {data.length > 0 ? (
        <Queue data={data} reopen={reopen} />
      ) : (
        <p className={cx(s.none)}>{t(others > 0 ? 'work.outbox.noneOfYours' : 'work.outbox.none')}</p>
      )}
      <WaitingFiles />
      {others > 0 ? <p className={cx(s.none, 'n')}>{t('desk.truth.others', { count: others })}</p> : null}
      {othersRefused > 0 ? (
        <p className={cx(s.none, 'n')}>
          {t('desk.truth.othersRefused', { count: othersRefused })}. {t('work.outbox.othersGo')}
        </p>
      ) : null}
    </>
  )
}

function Queue({ data, reopen }: { data: readonly OutboxEntry[]; reopen: Reopen | null }) {
  const { t } = useTranslation()
  const { queries } = useDesk()
  const work = useQuery(queries.work).data ?? []
  const { entries, reads } = inOrder(data)
  const refused = entries.filter(asksForChoice).length
  return (
    <section aria-labelledby="outbox">
      <div className={cx(s.head)}>
        <h2 id="outbox">
          {t('work.outbox.head', { count: data.length })}
          {refused > 0 ? `, ${t('work.outbox.headRefused', { count: refused })}` : ''}
        </h2>
        <NextTry />
      </div>
      <ul className={cx(s.queue)}>
        {entries.map((entry) => (
          <Entry
            key={entry.commandId}
            entry={entry}
            work={work.find(({ contactId }) => contactId === entry.contactId) ?? null}
            reopen={reopen}
          />
        ))}
        {reads > 0 ? (
          <li>
            <CommandIcon name="citizen.read" />
            <div>
              <b className="n">{t('work.outbox.reads', { count: reads })}</b>
              <p>{t('work.outbox.detail.citizen.read')}</p>
            </div>
            <Tag icon={<ArrowUp aria-hidden="true" />}>{t('work.outbox.state.pending')}</Tag>
          </li>
        ) : null}
      </ul>
    </section>
  )
}

function NextTry() {
  const { t } = useTranslation()
  const now = useNow()
  const crm = useLive((state) => state.truth?.crm)
  return (
    <span className={cx(s.small, 'n')}>
      {t('work.outbox.safe')}{' '}
      {crm?.state === 'away' && crm.retryAt
        ? t('work.outbox.retryIn', { time: clock(Date.parse(crm.retryAt) - now) })
        : null}
    </span>
  )
}
