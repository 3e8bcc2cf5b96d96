import { useQuery } from '@tanstack/react-query'
import { type ReactNode, useId } from 'react'
import { useDesk } from '../../host/desk.tsx'
import { useTranslation } from '../../i18n/use-translation.ts'
import { Button } from '../../ui/button.tsx'
import { cx } from '../../ui/cx.ts'
import { everyTeam, type TicketListName, useTicketList } from './list-store.ts'
import s from './tickets.module.css'

/** At rest: how many requests of the operator's teams are late or about to be, and how many somebody has to enter elsewhere; nothing when there are none. */
export function DueBelow({ onOpen }: { onOpen: () => void }) {
  const { t } = useTranslation()
  const { queries } = useDesk()
  const { data } = useQuery(queries.tickets({ which: 'own-watch', team: null }))
  const outside = useQuery(queries.tickets({ which: 'outside', team: null })).data
  const mine = data?.tickets ?? []
  const late = mine.filter(({ clock }) => clock.state === 'late').length
  const words = (what: string, list: { more: boolean } | undefined) =>
    list?.more ? t('work.tickets.atLeast', { what }) : what
  const look = (which: TicketListName) => {
    useTicketList.setState({ which, team: everyTeam })
    onOpen()
  }
  return (
    <>
      {mine.length > 0 ? (
        <Below which="watch" onLook={look}>
          {words(t('work.tickets.due', { count: mine.length }), data)}
          {late > 0 ? `, ${t('work.tickets.dueLate', { count: late })}` : null}
        </Below>
      ) : null}
      {outside && outside.tickets.length > 0 ? (
        <Below which="outside" onLook={look}>
          {words(t('work.tickets.outside.due', { count: outside.tickets.length }), outside)}
        </Below>
      ) : null}
    </>
  )
}

function Below({
  which,
  onLook,
  children,
}: {
  which: TicketListName
  onLook: (which: TicketListName) => void
  children: ReactNode
}) {
  const { t } = useTranslation()
  const id = useId()
  return (
    <section className={cx(s.part)} aria-labelledby={id}>
      <h2 id={id}>{t(`work.tickets.which.${which}`)}</h2>
      <p className={cx(s.due)}>
        <span className="n">{children}</span>
        <Button size="small" onPress={() => onLook(which)}>
          {t('work.tickets.look')}
        </Button>
      </p>
    </section>
  )
}
