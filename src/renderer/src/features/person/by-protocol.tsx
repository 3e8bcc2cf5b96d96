import { useQuery } from '@tanstack/react-query'
import { useDesk } from '../../host/desk.tsx'
import { toFault } from '../../host/fault.ts'
import { useReferenceNames } from '../../host/use-reference-names.ts'
import { useTranslation } from '../../i18n/use-translation.ts'
import { Button } from '../../ui/button.tsx'
import { cx } from '../../ui/cx.ts'
import { useFaultText } from '../../ui/fault-text.tsx'
import { Waiting } from '../../ui/notice.tsx'
import { Tag } from '../../ui/tag.tsx'
import s from './person.module.css'

/** The request with a protocol number that somebody reads out, and whoever made it. */
export function ByProtocol({
  protocol,
  isCertain,
  onTicket,
  onFound,
}: {
  protocol: string
  /** What was typed can be nothing else: that there is none is worth a word. */
  isCertain: boolean
  onTicket: (ticketId: string) => void
  onFound: (citizenId: string) => void
}) {
  const { t } = useTranslation()
  const say = useFaultText()
  const names = useReferenceNames()
  const { queries } = useDesk()
  const found = useQuery(queries.byProtocol(protocol))
  const { ticket, complete } = found.data ?? { ticket: null, complete: true }
  if (!ticket) {
    if (!isCertain) return null
    if (found.isError) return <p className={cx(s.hint)}>{say(toFault(found.error))}</p>
    if (!found.data) return <Waiting label={t('common.loading')} />
    return (
      <p className={cx(s.hint)} role="status">
        {t(complete ? 'person.search.protocolNone' : 'person.search.protocolNoneAway', { protocol })}
      </p>
    )
  }
  const { id, citizenId, topicId, status, team } = ticket
  return (
    <section className={cx(s.byCode)} aria-label={t('person.search.protocolFound', { protocol })}>
      <div>
        <b>{names.topic(topicId)}</b> <Tag>{t(`work.tickets.status.${status}`)}</Tag>
        <p className={cx(s.hint, 'n')}>
          {protocol}, {names.team(team)}
        </p>
      </div>
      <Button onPress={() => onTicket(id)}>{t('person.search.protocolOpen')}</Button>
      {citizenId === null ? (
        <p className={cx(s.hint)}>{t('person.search.protocolNobodys')}</p>
      ) : (
        <Button onPress={() => onFound(citizenId)}>{t('person.search.codeOpenUnknown')}</Button>
      )}
    </section>
  )
}
