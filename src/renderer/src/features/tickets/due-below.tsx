import { useQuery } from '@tanstack/react-query'
import { useDesk } from '../../host/desk.tsx'
import { useLive } from '../../host/live-store.ts'
import { useTranslation } from '../../i18n/use-translation.ts'
import { Button } from '../../ui/button.tsx'
import { cx } from '../../ui/cx.ts'
import s from './tickets.module.css'

/** At rest: how many requests of the operator's teams are late or about to be; nothing when there are none. */
export function DueBelow({ onOpen }: { onOpen: () => void }) {
  const { t } = useTranslation()
  const { queries } = useDesk()
  const teams = useLive((state) => (state.session?.phase === 'signed-in' ? state.session.user.teams : null))
  const { data } = useQuery(queries.tickets({ which: 'watch', team: null }))
  const mine = (data ?? []).filter(({ ticket }) => teams?.includes(ticket.team))
  if (mine.length === 0) return null
  const late = mine.filter(({ clock }) => clock.state === 'late').length
  return (
    <section className={cx(s.part)} aria-labelledby="requests-due">
      <h2 id="requests-due">{t('work.tickets.which.watch')}</h2>
      <p className={cx(s.due)}>
        <span className="n">
          {t('work.tickets.due', { count: mine.length })}
          {late > 0 ? `, ${t('work.tickets.dueLate', { count: late })}` : null}
        </span>
        <Button size="small" onPress={onOpen}>
          {t('work.tickets.look')}
        </Button>
      </p>
    </section>
  )
}
