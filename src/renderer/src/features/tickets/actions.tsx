import { useState, useSyncExternalStore } from 'react'
import { commands } from '#contract/commands/registry.ts'
import type { TicketClock } from '#contract/crm-tickets.ts'
import {
  type ActionDraft,
  beginAction,
  isBlankAction,
  isOutdatedAction,
  renewAction,
} from '#contract/desk-tickets.ts'
import { isUnanswered, type Ticket, type TicketStatus, ticketMayBecome } from '#contract/domain/ticket.ts'
import type { TicketAction, TicketActionName } from '#contract/domain/ticket-act.ts'
import { useLive } from '../../host/live-store.ts'
import { useTranslation } from '../../i18n/use-translation.ts'
import { Button } from '../../ui/button.tsx'
import { cx } from '../../ui/cx.ts'
import { ActionForm } from './action-form.tsx'
import type { Persons } from './persons.ts'
import s from './tickets.module.css'
import { useActionName } from './use-action-name.ts'
import type { TicketKeeper } from './use-ticket-draft.ts'

/** What may be done with a request as it stands, by whoever is signed in. What needs more than a press opens a form. */
export function Actions({
  ticket,
  clock,
  contactId,
  persons,
  keeper,
  onAct,
}: {
  ticket: Ticket
  clock: TicketClock
  contactId: string | null
  persons: Persons
  keeper: TicketKeeper
  onAct: (action: TicketAction) => Promise<boolean>
}) {
  const { t } = useTranslation()
  const nameOf = useActionName(ticket)
  const user = useLive((state) => (state.session?.phase === 'signed-in' ? state.session.user : null))
  /** Opened, and nothing to be kept in it: it goes with the page. */
  const [blank, setBlank] = useState<ActionDraft | null>(null)
  const form = useSyncExternalStore(keeper.subscribe, keeper.get).draft.action ?? blank
  const setForm = (next: ActionDraft | null) => {
    const action = next && isBlankAction(next) ? null : next
    setBlank(action ? null : next)
    keeper.edit((before) => (before.action === action ? before : { ...before, action }))
  }
  const may = (name: TicketActionName) =>
    user?.roles.some((role) => commands[`ticket.${name}`].roles.includes(role)) ?? false
  const becomes = (to: TicketStatus) => ticketMayBecome(ticket.status, to)
  const open = ticket.status !== 'closed'
  const workedOn = open && !['answered', 'resolved'].includes(ticket.status)
  const mine = ticket.assigneeId !== null && ticket.assigneeId === user?.id
  const ofTheTeam = user?.teams.includes(ticket.team) ?? false
  const plain = (to: 'in-progress' | 'resolved' | 'closed'): TicketAction => ({
    ...{ do: 'move', to, reason: null, closedFor: null },
  })
  const reopening = becomes('in-progress') && ['answered', 'resolved', 'closed'].includes(ticket.status)

  const press = (name: Exclude<Offer, FormName>, action: TicketAction) => ({
    name,
    run: () => void onAct(action),
  })
  const ask = (name: FormName) => ({ name, run: () => setForm(beginAction(name, ticket)) })
  const offers: { name: Offer; run: () => void }[] = []
  if (open && user && !mine && ofTheTeam)
    offers.push(press('take', { do: 'assign', assigneeId: user.id, from: ticket.assigneeId }))
  if (open && mine) offers.push(press('release', { do: 'assign', assigneeId: null, from: ticket.assigneeId }))
  if (contactId && contactId !== ticket.contactId && !ticket.linkedContacts.includes(contactId))
    offers.push(press('link', { do: 'link', contactId }))
  if (becomes('in-progress') && !reopening) offers.push(press('start', plain('in-progress')))
  if (becomes('waiting-citizen')) offers.push(ask('wait'))
  if (becomes('resolved')) offers.push(press('resolve', plain('resolved')))
  if (becomes('closed'))
    offers.push(isUnanswered(ticket) ? ask('close') : press('close-answered', plain('closed')))
  if (reopening) offers.push(ask('reopen'))
  if (open) offers.push(ask('hand-over'), ask('assign'), ask('classify'))
  if (may('identify')) offers.push(ask('identify'), ...(ticket.citizenId === null ? [] : [ask('take-away')]))
  if (workedOn && clock.state === 'running' && clock.suspensionLeft > 0 && may('suspend'))
    offers.push(ask('suspend'))
  if (clock.state === 'stopped' && may('resume')) offers.push(press('resume', { do: 'resume' }))
  if (workedOn && clock.state !== 'late' && clock.extensionLeft > 0 && may('extend'))
    offers.push(ask('extend'))
  return (
    <section className={cx(s.part)} aria-labelledby="ticket-actions">
      <h2 id="ticket-actions">{t('work.tickets.act.title')}</h2>
      {form ? (
        <ActionForm
          key={form.name}
          draft={form}
          ticket={ticket}
          clock={clock}
          persons={persons}
          mayStop={may('suspend')}
          standing={
            !offers.some(({ name }) => name === form.name)
              ? 'over'
              : isOutdatedAction(form, ticket)
                ? 'outdated'
                : 'good'
          }
          onRenew={() => setForm(renewAction(form, ticket))}
          onChange={(change) => setForm({ ...form, ...change })}
          onAct={onAct}
          onLeave={() => setForm(null)}
        />
      ) : (
        <div className={cx(s.out)}>
          {offers.map(({ name, run }) => (
            <Button key={name} size="small" onPress={run}>
              {name === 'close-answered' ? t('work.tickets.act.close') : nameOf(name)}
            </Button>
          ))}
        </div>
      )}
    </section>
  )
}

type FormName = ActionDraft['name']
type Offer = FormName | 'take' | 'release' | 'link' | 'start' | 'resolve' | 'close-answered' | 'resume'
