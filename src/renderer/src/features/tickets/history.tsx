import { X } from 'lucide-react'
import { becameOf, type Delivery } from '#contract/domain/message.ts'
import type { TicketEntry } from '#contract/domain/ticket-entry.ts'
import { useReferenceNames } from '../../host/use-reference-names.ts'
import { useTranslation } from '../../i18n/use-translation.ts'
import { cx } from '../../ui/cx.ts'
import { useMinute } from '../../ui/now.ts'
import { Tag } from '../../ui/tag.tsx'
import { useFormat } from '../../ui/use-format.ts'
import s from './tickets.module.css'

/** What was done, newest first; what the CRM does not have yet says so. */
export function History({ entries }: { entries: readonly TicketEntry[] }) {
  const { t } = useTranslation()
  const format = useFormat()
  const now = useMinute()
  const words = useEntryWords()
  return (
    <section className={cx(s.part)} aria-labelledby="ticket-history">
      <h2 id="ticket-history">{t('work.tickets.history.title')}</h2>
      {entries.length === 0 ? <p className={cx(s.none)}>{t('work.tickets.history.none')}</p> : null}
      <ol className={cx(s.history)}>
        {entries.toReversed().map((entry) => {
          const { head, text } = words(entry)
          return (
            <li key={entry.id}>
              <div className={cx(s.entry)}>
                <b className="n">{head}</b>
                {entry.version === 0 ? <Tag tone="amber">{t('work.tickets.history.pending')}</Tag> : null}
              </div>
              {text ? <p className={cx(s.text)}>{text}</p> : null}
              {entry.delivery ? <Delivered delivery={entry.delivery} now={now} /> : null}
              <p className={cx(s.small, 'n')}>
                {entry.authorName === null
                  ? t('work.tickets.history.byItself', { when: format.when(entry.at, now) })
                  : t('work.tickets.history.by', {
                      author: entry.authorName,
                      when: format.when(entry.at, now),
                    })}
              </p>
            </li>
          )
        })}
      </ol>
    </section>
  )
}

/** What became of a message that the CRM sends. */
function Delivered({ delivery, now }: { delivery: Delivery; now: number }) {
  const { t } = useTranslation()
  const format = useFormat()
  const { state, reason, recipient, sentAt } = delivery
  const to = recipient ?? t('work.tickets.history.delivery.nobody')
  const why = t(`work.booking.messageReason.${reason ?? 'unexpected'}`)
  const when = sentAt === null ? '' : format.when(sentAt, now)
  const lost = state === 'failed' || state === 'dropped'
  const how = becameOf(delivery)
  return (
    <p className={cx(s.delivery)}>
      <Tag
        tone={lost ? 'red' : how === 'sent' ? 'green' : 'plain'}
        icon={lost ? <X aria-hidden="true" /> : null}
      >
        {t(`work.tickets.history.delivery.${how}`, { to, why, when })}
      </Tag>
    </p>
  )
}

function useEntryWords(): (entry: TicketEntry) => { head: string; text: string | null } {
  const { t } = useTranslation()
  const format = useFormat()
  const names = useReferenceNames()
  const category = ({ kind, topicId }: { kind: Parameters<typeof kindWord>[0]; topicId: string }) =>
    `${kindWord(kind)}, ${names.topic(topicId)}`
  const kindWord = (
    kind: 'information' | 'verification' | 'suggestion' | 'complaint' | 'report' | 'appreciation',
  ) => t(`work.request.kind.${kind}`)
  return ({ what }) => {
    switch (what.did) {
      case 'moved': {
        const states = t('work.tickets.history.moved', {
          from: t(`work.tickets.status.${what.from}`),
          to: t(`work.tickets.status.${what.to}`),
        })
        const also = [
          what.clock === null ? null : t(`work.tickets.history.${what.clock}`),
          what.closedFor === null ? null : t(`work.tickets.act.closeReasons.${what.closedFor}`),
        ].filter((one) => one !== null)
        return { head: [states, ...also].join(', '), text: what.reason }
      }
      case 'noted':
        return { head: t('work.tickets.history.noted'), text: what.text }
      case 'told': {
        const channel = t(`work.tickets.write.channels.${what.channel}`)
        const said = what.answered === null ? 'told' : 'answered'
        return { head: t(`work.tickets.history.${said}`, { channel }), text: what.text }
      }
      case 'handed-over': {
        const [from, to] = [names.team(what.from), names.team(what.to)]
        const { reference } = what
        const numbered = reference && t('work.tickets.history.numbered', { team: to, reference })
        if (what.from === what.to && numbered) return { head: numbered, text: what.reason }
        const handed = t('work.tickets.history.handedOver', { from, to })
        return { head: [handed, numbered].filter(Boolean).join('. '), text: what.reason }
      }
      case 'assigned':
        return {
          text: what.why ? t(`work.tickets.history.left.${what.why}`) : null,
          head:
            what.toId === null
              ? t('work.tickets.history.released')
              : t('work.tickets.history.assigned', { name: what.toName ?? '…' }),
        }
      case 'stopped':
        return {
          head: t('work.tickets.history.suspended', { on: format.dateDayMonth(what.on) }),
          text: what.reason,
        }
      case 'resumed':
        return {
          text: null,
          head: t('work.tickets.history.goesOn', {
            ...{ on: format.dateDayMonth(what.on), due: format.dateDayMonth(what.dueOn) },
          }),
        }
      case 'extended':
        return {
          head: t('work.tickets.history.extended', {
            ...{ days: what.days, due: format.dateDayMonth(what.dueOn) },
          }),
          text: what.reason,
        }
      case 'linked':
        return { head: t('work.tickets.history.linked'), text: null }
      case 'identified': {
        const how = what.toId === null ? 'takenAway' : what.fromId === null ? 'identified' : 'another'
        return { head: t(`work.tickets.history.whose.${how}`), text: what.reason }
      }
      case 'classified':
        return {
          head: t('work.tickets.history.classified', { from: category(what.from), to: category(what.to) }),
          text: what.reason,
        }
      case 'attached':
        return { head: t('work.tickets.history.attached', { name: what.attachment.name }), text: null }
    }
  }
}
