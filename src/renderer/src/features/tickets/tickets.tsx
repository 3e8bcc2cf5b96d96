import { useQuery } from '@tanstack/react-query'
import { Label, Radio, RadioGroup } from 'react-aria-components'
import { useDesk } from '../../host/desk.tsx'
import { toFault } from '../../host/fault.ts'
import { useReferenceNames } from '../../host/use-reference-names.ts'
import { useTranslation } from '../../i18n/use-translation.ts'
import { Button } from '../../ui/button.tsx'
import choices from '../../ui/choice.module.css'
import { cx } from '../../ui/cx.ts'
import { useFaultText } from '../../ui/fault-text.tsx'
import headings from '../../ui/heading.module.css'
import { Notice, Waiting } from '../../ui/notice.tsx'
import rows from '../../ui/rows.module.css'
import { Choice } from '../../ui/select.tsx'
import { Tag } from '../../ui/tag.tsx'
import { useFormat, useWords } from '../../ui/use-format.ts'
import { ClockTag } from './clock.tsx'
import { everyTeam, ticketLists, useTicketList } from './list-store.ts'
import type { Persons } from './persons.ts'
import { OneTicket } from './ticket.tsx'
import s from './tickets.module.css'

/** Requests: the operator's own, a team's, those about to be late, those to be entered elsewhere; or one of them. */
export function Tickets({
  ticketId,
  contactId,
  onOpen,
  persons,
}: {
  ticketId: string | null
  /** The conversation that goes on, which may speak of one. */
  contactId: string | null
  onOpen: (ticketId: string) => void
  persons: Persons
}) {
  if (ticketId)
    return <OneTicket key={ticketId} ticketId={ticketId} contactId={contactId} persons={persons} />
  return <TicketList onOpen={onOpen} />
}

function TicketList({ onOpen }: { onOpen: (ticketId: string) => void }) {
  const { which, team } = useTicketList()
  const { t } = useTranslation()
  const say = useFaultText()
  const words = useWords()
  const names = useReferenceNames()
  const { queries } = useDesk()
  const reference = useQuery(queries.reference).data
  const teams = [
    { id: everyTeam, name: t('work.tickets.allTeams') },
    ...(reference?.teams ?? []).map(({ id, name }) => ({ id, name: words(name) })),
  ]
  const { data, error } = useQuery(queries.tickets({ which, team: team === everyTeam ? null : team }))
  return (
    <>
      <h1 className={cx(headings.page, s.title)}>{t('work.tickets.title')}</h1>
      <div className={cx(s.bar)}>
        <RadioGroup
          className={cx(s.lists)}
          value={which}
          onChange={(value) =>
            useTicketList.setState({ which: ticketLists.find((one) => one === value) ?? 'watch' })
          }
          orientation="horizontal"
        >
          <Label className="visually-hidden">{t('work.tickets.lists')}</Label>
          {ticketLists.map((one) => (
            <Radio key={one} value={one} className={cx(choices.choice)}>
              {t(`work.tickets.which.${one}`)}
            </Radio>
          ))}
        </RadioGroup>
        <div className={cx(s.team)}>
          <Choice
            label={t('work.tickets.team')}
            hideLabel
            value={team}
            onChange={(id) => useTicketList.setState({ team: id })}
            options={teams}
          />
        </div>
      </div>
      {error ? (
        <Notice tone="red" alert>
          {say(toFault(error))}
        </Notice>
      ) : !data ? (
        <Waiting label={t('common.loading')} rows={5} />
      ) : data.tickets.length === 0 ? (
        <p className={cx(s.none)}>{t(`work.tickets.none.${which}`)}</p>
      ) : (
        <ul className={cx(rows.rows, s.rows)}>
          {data.tickets.map(({ ticket, clock }) => (
            <li key={ticket.id}>
              <div>
                <Button look="link" className={cx(s.open)} onPress={() => onOpen(ticket.id)}>
                  <span className="n">{ticket.protocol ?? t('work.tickets.noProtocol')}</span>,{' '}
                  {names.topic(ticket.topicId)}
                </Button>
                <p>
                  {t(`work.request.kind.${ticket.kind}`)}, {names.team(ticket.team)},{' '}
                  {ticket.assigneeName
                    ? t('work.tickets.assigned', { name: ticket.assigneeName })
                    : t('work.tickets.unassigned')}
                </p>
              </div>
              <div className={cx(s.tags)}>
                <Tag>{t(`work.tickets.status.${ticket.status}`)}</Tag>
                <ClockTag clock={clock} />
              </div>
            </li>
          ))}
        </ul>
      )}
      {data?.more ? (
        <p className={cx(s.small)}>{t('work.tickets.more', { count: data.tickets.length })}</p>
      ) : null}
      <LeftDrafts onOpen={onOpen} />
    </>
  )
}

/** What one typed for requests that are not here any more, lest nobody find it. */
function LeftDrafts({ onOpen }: { onOpen: (ticketId: string) => void }) {
  const { t } = useTranslation()
  const format = useFormat()
  const { queries } = useDesk()
  const drafts = useQuery(queries.leftDrafts).data ?? []
  if (drafts.length === 0) return null
  return (
    <section className={cx(s.part)} aria-labelledby="tickets-left">
      <h2 id="tickets-left">{t('work.tickets.left.list')}</h2>
      <ul className={cx(rows.rows, s.rows)}>
        {drafts.map(({ ticketId, begins, savedAt }) => (
          <li key={ticketId}>
            <Button look="link" className={cx(s.open)} onPress={() => onOpen(ticketId)}>
              {begins}
            </Button>
            <span className={cx(s.small, 'n')}>{format.moment(savedAt)}</span>
          </li>
        ))}
      </ul>
    </section>
  )
}
