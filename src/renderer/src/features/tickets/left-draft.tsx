import { useQueryClient } from '@tanstack/react-query'
import { useState, useSyncExternalStore } from 'react'
import { emptyTicketDraft, isWriting } from '#contract/desk-tickets.ts'
import { useTranslation } from '../../i18n/use-translation.ts'
import { Button } from '../../ui/button.tsx'
import { cx } from '../../ui/cx.ts'
import { OwnWords } from '../../ui/own-words.tsx'
import s from './tickets.module.css'
import type { TicketKeeper } from './use-ticket-draft.ts'

/** What was typed for a request that cannot be shown, to be taken elsewhere: it is its author's, and goes when they say so. */
export function LeftDraft({ keeper }: { keeper: TicketKeeper }) {
  const { t } = useTranslation()
  const client = useQueryClient()
  const { draft } = useSyncExternalStore(keeper.subscribe, keeper.get)
  const [asking, setAsking] = useState(false)
  if (!isWriting(draft)) return null
  const remove = async () => {
    keeper.edit(() => emptyTicketDraft)
    await keeper.flush().catch(() => undefined)
    await client.invalidateQueries({ queryKey: ['tickets'] })
  }
  const { action } = draft
  const parts = [
    { id: 'message', title: t('work.tickets.write.message'), text: draft.message },
    { id: 'note', title: t('work.tickets.write.note'), text: draft.note },
    ...(action
      ? [
          { id: 'reason', title: t(`work.tickets.act.${action.name}`), text: action.reason },
          { id: 'reference', title: t('work.tickets.act.theirReference'), text: action.reference },
          { id: 'days', title: t('work.tickets.act.days'), text: action.days },
        ]
      : []),
  ].filter(({ text }) => text.trim() !== '')
  return (
    <section className={cx(s.part)} aria-labelledby="ticket-left">
      <h2 id="ticket-left">{t('work.tickets.left.title')}</h2>
      <p>{t('work.tickets.left.here')}</p>
      {parts.map(({ id, title, text }) => (
        <section key={id} className={cx(s.part)} aria-labelledby={`ticket-left-${id}`}>
          <h3 id={`ticket-left-${id}`}>{title}</h3>
          <OwnWords text={text} />
        </section>
      ))}
      {asking ? (
        // biome-ignore lint/a11y/useSemanticElements: a question with two buttons is no fieldset
        <div className={cx(s.out)} role="group" aria-label={t('work.tickets.left.sure')}>
          <span>{t('work.tickets.left.sure')}</span>
          <Button size="small" look="danger" onPress={() => void remove()} autoFocus>
            {t('work.tickets.left.sureYes')}
          </Button>
          <Button size="small" look="quiet" onPress={() => setAsking(false)}>
            {t('work.tickets.left.sureNo')}
          </Button>
        </div>
      ) : (
        <div className={cx(s.out)}>
          <Button size="small" look="quiet" onPress={() => setAsking(true)}>
            {t('work.tickets.left.remove')}
          </Button>
        </div>
      )}
    </section>
  )
}
