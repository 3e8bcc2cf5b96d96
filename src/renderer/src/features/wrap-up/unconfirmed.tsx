import { CalendarDays, FileText, UserPen, UserPlus } from 'lucide-react'
import type { ReactNode } from 'react'
import { type Draft, emptyDraft, type Work } from '#contract/desk.ts'
import type { Unconfirmed } from '#contract/unconfirmed.ts'
import { useDraft } from '../../host/desk.tsx'
import { useGiveBack } from '../../host/use-give-back.ts'
import { useOfficeFormat } from '../../host/use-office-format.ts'
import { useReferenceNames } from '../../host/use-reference-names.ts'
import { useTranslation } from '../../i18n/use-translation.ts'
import { announce } from '../../ui/announce.tsx'
import { Button } from '../../ui/button.tsx'
import { cx } from '../../ui/cx.ts'
import type { KeyId } from '../../ui/keys.ts'
import { useShortcut } from '../../ui/shortcuts.ts'
import s from './wrap-up.module.css'

const icons: Record<Unconfirmed, ReactNode> = {
  request: <FileText size={17} aria-hidden="true" />,
  booking: <CalendarDays size={17} aria-hidden="true" />,
  newPerson: <UserPlus size={17} aria-hidden="true" />,
  editedPerson: <UserPen size={17} aria-hidden="true" />,
}
const sheetKeys: Partial<Record<Unconfirmed, KeyId>> = { request: 'sheetRequest', booking: 'sheetBooking' }

/** As if it had not been begun. */
const without: Record<Unconfirmed, (draft: Draft) => Draft> = {
  request: (draft) => ({ ...draft, ticket: emptyDraft.ticket }),
  booking: (draft) => ({ ...draft, booking: emptyDraft.booking }),
  newPerson: (draft) => ({ ...draft, newCitizen: null }),
  editedPerson: (draft) => ({ ...draft, editedCitizen: null }),
}

/** Whether there is a way back to it: not to the changes of somebody who turned out not to be the person. */
const isWithin = (what: Unconfirmed, { editedCitizen, citizenId }: Draft): boolean =>
  what !== 'editedPerson' || editedCitizen?.seen.id === citizenId

/** What the contact cannot be closed with: each is gone on with, or thrown away on purpose. The discarding key is the first one's. */
export function UnconfirmedWork({
  work,
  left,
  refused,
  onResume,
}: {
  work: Work
  left: readonly Unconfirmed[]
  /** The operator tried to close. */
  refused: boolean
  onResume: (what: Unconfirmed) => void
}) {
  const { t } = useTranslation()
  const { draft, keeper } = useDraft(work)
  const giveBack = useGiveBack()
  const details = useDetails()
  const discard = (what: Unconfirmed) => {
    keeper.edit(without[what])
    if (what === 'booking') giveBack(work.contactId)
    announce(t('work.wrapUp.unconfirmed.discarded'))
  }
  const [first] = left
  useShortcut('discard', () => first && discard(first), first !== undefined)
  if (first === undefined) return null
  return (
    <section
      className={cx(s.unconfirmed, refused && s.refused)}
      aria-label={t('work.wrapUp.unconfirmed.title')}
    >
      {refused ? (
        <p className={cx(s.error)} role="alert">
          {t('work.wrapUp.unconfirmed.refused')}
        </p>
      ) : null}
      <ul>
        {left.map((what) => {
          const name = t(`work.wrapUp.unconfirmed.${what}`)
          const sheetKey = sheetKeys[what]
          return (
            <li key={what}>
              {icons[what]}
              <div>
                <b>{name}</b>
                <p>{details(what, draft)}</p>
              </div>
              {isWithin(what, draft) ? (
                <Button
                  size="small"
                  {...(sheetKey ? { shortcut: sheetKey } : {})}
                  aria-label={`${t('work.wrapUp.unconfirmed.resume')}: ${name}`}
                  onPress={() => onResume(what)}
                >
                  {t('work.wrapUp.unconfirmed.resume')}
                </Button>
              ) : null}
              <Button
                look="danger"
                size="small"
                {...(what === first ? { shortcut: 'discard' as const } : {})}
                aria-label={`${t('work.wrapUp.unconfirmed.discard')}: ${name}`}
                onPress={() => discard(what)}
              >
                {t('work.wrapUp.unconfirmed.discard')}
              </Button>
            </li>
          )
        })}
      </ul>
    </section>
  )
}

/** By what the operator knows it again. */
function useDetails(): (what: Unconfirmed, draft: Draft) => string {
  const names = useReferenceNames()
  const formatOf = useOfficeFormat()
  return (what, { ticket, booking, newCitizen, editedCitizen }) => {
    switch (what) {
      case 'request':
        return [ticket.topicId && names.topic(ticket.topicId), ticket.text.trim()].filter(Boolean).join(': ')
      case 'booking':
        return booking.visit
          ? [
              names.services(booking.serviceIds),
              formatOf(booking.visit.officeId).moment(booking.visit.startsAt),
              names.office(booking.visit.officeId),
            ].join(', ')
          : ''
      case 'newPerson':
        return [newCitizen?.givenName, newCitizen?.familyName].filter(Boolean).join(' ')
      case 'editedPerson':
        return [editedCitizen?.givenName, editedCitizen?.familyName].filter(Boolean).join(' ')
    }
  }
}
