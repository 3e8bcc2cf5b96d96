import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { TicketClock } from '#contract/crm-tickets.ts'
import { type ActionDraft, actionOf } from '#contract/desk-tickets.ts'
import { cityDayOf } from '#contract/domain/calendar.ts'
import { offered } from '#contract/domain/reference.ts'
import { lawBook, termRule } from '#contract/domain/reply-term.ts'
import { closeReasons, type Ticket } from '#contract/domain/ticket.ts'
import type { TicketAction } from '#contract/domain/ticket-act.ts'
import { ticketKinds } from '#contract/domain/ticket-kind.ts'
import { useDesk } from '../../host/desk.tsx'
import { toFault } from '../../host/fault.ts'
import { useTranslation } from '../../i18n/use-translation.ts'
import { Button } from '../../ui/button.tsx'
import { cx } from '../../ui/cx.ts'
import { useFaultText } from '../../ui/fault-text.tsx'
import { Field } from '../../ui/field.tsx'
import { Notice } from '../../ui/notice.tsx'
import { Choice } from '../../ui/select.tsx'
import { useShortcut } from '../../ui/shortcuts.ts'
import { useWords } from '../../ui/use-format.ts'
import type { Persons } from './persons.ts'
import s from './tickets.module.css'
import { useActionName } from './use-action-name.ts'

/** While the CRM did not tell who is in the team. */
const askAgainMs = 5_000

/** What an action needs to know: nearly always why. Nothing typed here is lost by a refusal, nor by what others do with the request. */
export function ActionForm({
  draft,
  ticket,
  clock,
  persons,
  mayStop,
  standing,
  onRenew,
  onChange,
  onAct,
  onLeave,
}: {
  draft: ActionDraft
  ticket: Ticket
  clock: TicketClock
  persons: Persons
  mayStop: boolean
  /** `outdated`: the request is not as it was when this was opened. `over`: this is not offered any more. */
  standing: 'good' | 'outdated' | 'over'
  onRenew: () => void
  onChange: (change: Partial<ActionDraft>) => void
  onAct: (action: TicketAction) => Promise<unknown>
  onLeave: () => void
}) {
  const { t } = useTranslation()
  const nameOf = useActionName(ticket)
  const say = useFaultText()
  const words = useWords()
  const { queries } = useDesk()
  const reference = useQuery(queries.reference).data
  const members = useQuery({
    ...queries.members(ticket.team),
    enabled: draft.name === 'assign',
    refetchInterval: ({ state }) => (state.error ? askAgainMs : false),
  })
  const { name, team, kind, topicId, closedFor, assigneeId } = draft
  const [tried, setTried] = useState(false)
  const [sending, setSending] = useState(false)
  const [renewed, setRenewed] = useState(false)
  const isWhose = name === 'identify' || name === 'take-away'
  const stops = useStopWords(ticket, clock, mayStop)
  const why = draft.reason.trim()
  const typed = actionOf(draft)
  const action = typed?.do === 'extend' && typed.days > clock.extensionLeft ? null : typed
  const send = async () => {
    if (standing !== 'good') return
    setTried(true)
    if (!action || sending) return
    setSending(true)
    await onAct(action)
    setSending(false)
  }
  useShortcut('confirm', () => void send())
  const named = (rows: readonly { id: string; name: { it: string; en: string } }[]) =>
    rows.map((row) => ({ id: row.id, name: words(row.name) }))
  return (
    <form
      className={cx(s.form)}
      aria-label={nameOf(name)}
      onSubmit={(event) => {
        event.preventDefault()
        void send()
      }}
    >
      <b>{nameOf(name)}</b>
      {standing === 'good' ? null : (
        <Notice
          alert
          actions={
            standing === 'outdated' ? (
              <Button
                size="small"
                onPress={() => {
                  setRenewed(true)
                  onRenew()
                }}
              >
                {t('work.tickets.act.goOn')}
              </Button>
            ) : null
          }
        >
          {t(`work.tickets.act.${standing}`)}
        </Notice>
      )}
      {name === 'hand-over' ? (
        <>
          <Choice
            label={t('work.tickets.act.toTeam')}
            value={team}
            onChange={(team) => onChange({ team })}
            options={named(
              (reference?.teams ?? []).filter(({ id, kind, ended }) =>
                id === ticket.team ? kind === 'external' : !ended,
              ),
            )}
          />
          {tried && !team ? <p className={cx(s.error)}>{t('work.tickets.act.needsTeam')}</p> : null}
          {reference?.teams.find(({ id }) => id === team)?.kind === 'external' ? (
            <Field
              label={t('work.tickets.act.theirReference')}
              hint={reference.teams.find(({ id }) => id === team)?.contact}
              maxLength={80}
              value={draft.reference}
              onChange={(reference) => onChange({ reference })}
            />
          ) : null}
        </>
      ) : null}
      {name === 'assign' ? (
        members.data ? (
          <Choice
            label={t('work.tickets.act.assignTo')}
            value={assigneeId}
            onChange={(assigneeId) => onChange({ assigneeId })}
            options={members.data}
          />
        ) : members.error ? (
          <Notice alert>
            {t('work.tickets.act.membersUnknown')} {say(toFault(members.error))}
          </Notice>
        ) : (
          <p role="status">{t('work.tickets.act.membersAsked')}</p>
        )
      ) : null}
      {name === 'classify' ? (
        <>
          <Choice
            label={t('work.tickets.act.kind')}
            value={kind}
            onChange={(kind) => onChange({ kind })}
            options={ticketKinds.map((id) => ({ id, name: t(`work.request.kind.${id}`) }))}
          />
          <Choice
            label={t('work.tickets.act.topic')}
            value={topicId}
            onChange={(topicId) => onChange({ topicId })}
            options={named(offered(reference?.topics ?? []).filter(({ parentId }) => parentId !== null))}
          />
        </>
      ) : null}
      {name === 'identify' ? (
        <Whose
          citizen={draft.citizen}
          without={ticket.citizenId}
          persons={persons}
          isMissing={tried && draft.citizen === null}
          onChange={(citizen) => onChange({ citizen })}
        />
      ) : null}
      {isWhose && ticket.citizenId !== null ? <p>{t('work.tickets.act.unsentStays')}</p> : null}
      {name === 'close' ? (
        <>
          <Choice
            label={t(
              ticket.answeredAt === null ? 'work.tickets.act.closedFor' : 'work.tickets.act.closedAgainFor',
            )}
            value={closedFor}
            onChange={(closedFor) => onChange({ closedFor })}
            options={closeReasons
              .filter((one) => one !== 'handed-over' || ticket.reference !== null)
              .map((id) => ({ id, name: t(`work.tickets.act.closeReasons.${id}`) }))}
          />
          {tried && !closedFor ? <p className={cx(s.error)}>{t('work.tickets.act.needsClosedFor')}</p> : null}
        </>
      ) : null}
      {name === 'extend' ? (
        <Field
          label={t('work.tickets.act.days')}
          inputMode="numeric"
          maxLength={3}
          value={draft.days}
          onChange={(days) => onChange({ days })}
          error={
            tried && action === null && why !== ''
              ? t('work.tickets.act.needsDays', { most: clock.extensionLeft })
              : null
          }
        />
      ) : null}
      {name === 'wait' || name === 'suspend' ? <p>{stops}</p> : null}
      {name === 'assign' || (name === 'identify' && ticket.citizenId === null) ? null : (
        <Field
          label={t('work.tickets.act.reason')}
          rows={2}
          maxLength={500}
          value={draft.reason}
          onChange={(reason) => onChange({ reason })}
          error={tried && why === '' && name !== 'close' ? t('work.tickets.act.needsReason') : null}
        />
      )}
      <div className={cx(s.out)}>
        {standing === 'good' ? (
          <Button
            look="primary"
            size="small"
            shortcut="confirm"
            isPending={sending}
            onPress={() => void send()}
            autoFocus={renewed}
          >
            {t('work.tickets.act.do')}
          </Button>
        ) : null}
        <Button look="quiet" size="small" onPress={onLeave}>
          {t(standing === 'over' ? 'work.tickets.left.remove' : 'work.tickets.act.leave')}
        </Button>
      </div>
    </form>
  )
}

/** A person, found as everywhere else and shown by name. */
function Whose({
  citizen,
  without,
  persons,
  isMissing,
  onChange,
}: {
  citizen: ActionDraft['citizen']
  without: string | null
  persons: Persons
  isMissing: boolean
  onChange: (citizen: ActionDraft['citizen']) => void
}) {
  const { t } = useTranslation()
  const [text, setText] = useState('')
  if (citizen)
    return (
      <div className={cx(s.out)}>
        <span>{t('work.tickets.of', { name: citizen.name })}</span>
        <Button look="quiet" size="small" onPress={() => onChange(null)}>
          {t('work.tickets.act.somebodyElse')}
        </Button>
      </div>
    )
  return (
    <>
      <Field
        label={t('work.tickets.act.find')}
        value={text}
        onChange={setText}
        maxLength={120}
        autoFocus
        error={isMissing ? t('work.tickets.act.needsPerson') : null}
      />
      {persons({ text, without, onFound: onChange })}
    </>
  )
}

/** What the clock does when a request waits or is stopped, said before: what the law gives once is gone once it has stood for a day. */
function useStopWords(ticket: Ticket, clock: TicketClock, mayStop: boolean): string {
  const { t } = useTranslation()
  const { queries } = useDesk()
  const { terms } = useQuery(queries.reference).data?.rulebook ?? lawBook
  const { times } = termRule(terms, ticket.kind, cityDayOf(ticket.receivedAt)).suspension
  if (clock.state === 'stopped') return t('work.tickets.act.clock.stopped')
  if (!mayStop) return t('work.tickets.act.clock.others')
  if (clock.state !== 'running' || clock.suspensionLeft === 0) return t('work.tickets.act.clock.noMore')
  const most = { count: clock.suspensionLeft }
  return times === 1 ? t('work.tickets.act.clock.once', most) : t('work.tickets.act.clock.stops', most)
}
