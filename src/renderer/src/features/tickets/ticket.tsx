import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import type { TicketAction } from '#contract/domain/ticket-act.ts'
import type { FaultData } from '#contract/errors.ts'
import { useDesk } from '../../host/desk.tsx'
import { toFault } from '../../host/fault.ts'
import { useReferenceNames } from '../../host/use-reference-names.ts'
import { useTranslation } from '../../i18n/use-translation.ts'
import { announce } from '../../ui/announce.tsx'
import { cx } from '../../ui/cx.ts'
import { FaultNotice } from '../../ui/fault-notice.tsx'
import headings from '../../ui/heading.module.css'
import { Notice, Waiting } from '../../ui/notice.tsx'
import { Tag } from '../../ui/tag.tsx'
import { Actions } from './actions.tsx'
import { ClockView } from './clock.tsx'
import { Files } from './files.tsx'
import { History } from './history.tsx'
import { LeftDraft } from './left-draft.tsx'
import { Outside } from './outside.tsx'
import type { Persons } from './persons.ts'
import { Presence } from './presence.tsx'
import s from './tickets.module.css'
import { useTicketDraft } from './use-ticket-draft.ts'
import { useTicketFault } from './use-ticket-fault.ts'
import { Write } from './write.tsx'

/** One request: how it stands and why, who else is at it, what to do, what happened. */
export function OneTicket({
  ticketId,
  contactId,
  persons,
}: {
  ticketId: string
  contactId: string | null
  persons: Persons
}) {
  const { t } = useTranslation()
  const say = useTicketFault()
  const names = useReferenceNames()
  const { desk, queries } = useDesk()
  const client = useQueryClient()
  const { data, error } = useQuery(queries.ticket(ticketId))
  // One that was shown stays so while the CRM is away, not when it is gone.
  const unseen = error !== null && (!data || toFault(error).code === 'ticket-gone')
  const alone = useQuery({ ...queries.ticketDraft(ticketId), enabled: unseen }).data
  const keeper = useTicketDraft(ticketId, (unseen ? alone : data?.kept) ?? null)
  const [fault, setFault] = useState<FaultData | null>(null)
  const version = data?.ticket.version
  // biome-ignore lint/correctness/useExhaustiveDependencies: what was refused of an earlier state is no news of this one
  useEffect(() => setFault(null), [version])

  const act = async (action: TicketAction): Promise<boolean> => {
    setFault(null)
    try {
      await keeper?.flush()
      const kept = await desk.tickets.act({ ticketId, action, revision: keeper?.revision ?? 0 })
      keeper?.adopt({ ...kept, savedAt: kept.savedAt ?? '' })
      announce(t('work.tickets.act.done'))
      await client.invalidateQueries({ queryKey: ['tickets'] })
      return true
    } catch (reason) {
      setFault(toFault(reason))
      return false
    }
  }
  if (unseen)
    return (
      <>
        <Notice tone="red" alert>
          {say(toFault(error))}
        </Notice>
        {keeper ? <LeftDraft keeper={keeper} /> : null}
      </>
    )
  if (!data) return <Waiting label={t('common.loading')} rows={6} />
  const { ticket, clock, entries, citizenName, from } = data
  return (
    <article aria-labelledby="ticket-title">
      <h1 className={cx(headings.page, s.title)} id="ticket-title">
        <span className="n">{ticket.protocol ?? t('work.tickets.noProtocol')}</span>
      </h1>
      <p className={cx(s.lede)}>
        {t(`work.request.kind.${ticket.kind}`)}, {names.topic(ticket.topicId)}.{' '}
        {citizenName
          ? t('work.tickets.of', { name: citizenName })
          : ticket.citizenId === null
            ? t('work.tickets.nobody')
            : null}
      </p>
      <div className={cx(s.tags)}>
        <Tag tone="blue">{t(`work.tickets.status.${ticket.status}`)}</Tag>
        <Tag>{names.team(ticket.team)}</Tag>
        <Tag>
          {ticket.assigneeName
            ? t('work.tickets.assigned', { name: ticket.assigneeName })
            : t('work.tickets.unassigned')}
        </Tag>
        {ticket.rerouted > 0 ? <Tag>{t('work.tickets.rerouted', { count: ticket.rerouted })}</Tag> : null}
        {ticket.reopened > 0 ? <Tag>{t('work.tickets.reopened', { count: ticket.reopened })}</Tag> : null}
        {ticket.reference ? <Tag>{t('work.tickets.reference', { reference: ticket.reference })}</Tag> : null}
      </div>
      {from === 'crm' ? <p className={cx(s.small)}>{t('work.tickets.fromCrm')}</p> : null}
      <Presence ticketId={ticketId} keeper={keeper} />
      <p className={cx(s.text)}>{ticket.text}</p>
      <Outside ticket={ticket} />
      <ClockView clock={clock} reopened={ticket.reopened > 0} />
      <FaultNotice fault={fault} say={say} />
      {keeper ? (
        <Actions
          key={ticketId}
          ticket={ticket}
          clock={clock}
          contactId={contactId}
          persons={persons}
          keeper={keeper}
          onAct={act}
        />
      ) : null}
      {keeper ? <Write ticket={ticket} keeper={keeper} onAct={act} /> : null}
      <Files ticketId={ticketId} entries={entries} />
      <History entries={entries} />
    </article>
  )
}
