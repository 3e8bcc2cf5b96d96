import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useId, useState } from 'react'
import { awaitsOutside, type Ticket } from '#contract/domain/ticket.ts'
import type { FaultData } from '#contract/errors.ts'
import { useDesk } from '../../host/desk.tsx'
import { toFault } from '../../host/fault.ts'
import { useTranslation } from '../../i18n/use-translation.ts'
import { announce } from '../../ui/announce.tsx'
import { Button } from '../../ui/button.tsx'
import { cx } from '../../ui/cx.ts'
import { FaultNotice } from '../../ui/fault-notice.tsx'
import { Field } from '../../ui/field.tsx'
import { Notice } from '../../ui/notice.tsx'
import { useWords } from '../../ui/use-format.ts'
import s from './tickets.module.css'
import { useTicketFault } from './use-ticket-fault.ts'

/** A request at a body outside the city that has given it no number: somebody has to enter it there, how, and what number it got. */
export function Outside({ ticket }: { ticket: Ticket }) {
  const { t } = useTranslation()
  const words = useWords()
  const say = useTicketFault()
  const title = useId()
  const { desk, queries } = useDesk()
  const client = useQueryClient()
  const team = useQuery(queries.reference).data?.teams.find(({ id }) => id === ticket.team)
  const [typed, setTyped] = useState('')
  const [tried, setTried] = useState(false)
  const [sending, setSending] = useState(false)
  const [fault, setFault] = useState<FaultData | null>(null)
  if (!team || !awaitsOutside(ticket, team)) return null
  const reference = typed.trim()
  const save = async () => {
    setTried(true)
    if (reference === '' || sending) return
    setSending(true)
    setFault(null)
    try {
      const reason = t('work.tickets.outside.reason')
      await desk.tickets.act({
        ticketId: ticket.id,
        action: { do: 'hand-over', team: ticket.team, reason, reference, from: ticket.team },
        revision: 0,
      })
      announce(t('work.tickets.act.done'))
      await client.invalidateQueries({ queryKey: ['tickets'] })
    } catch (error) {
      setFault(toFault(error))
    } finally {
      setSending(false)
    }
  }
  return (
    <section aria-labelledby={title}>
      <Notice title={<span id={title}>{t('work.tickets.outside.enter', { team: words(team.name) })}</span>}>
        <p>{t('work.tickets.outside.nobody')}</p>
        {team.contact ? <p>{team.contact}</p> : null}
        <form
          className={cx(s.outside)}
          onSubmit={(event) => {
            event.preventDefault()
            void save()
          }}
        >
          <Field
            label={t('work.tickets.outside.number')}
            maxLength={80}
            value={typed}
            onChange={setTyped}
            error={tried && reference === '' ? t('work.tickets.outside.needsNumber') : null}
          />
          <Button size="small" isPending={sending} onPress={() => void save()}>
            {t('work.tickets.outside.save')}
          </Button>
        </form>
        <FaultNotice fault={fault} say={say} />
      </Notice>
    </section>
  )
}
