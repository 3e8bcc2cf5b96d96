import { useQuery } from '@tanstack/react-query'
import { ListBox, ListBoxItem } from 'react-aria-components'
import { useTranslation } from 'react-i18next'
import type { Entered } from '#contract/crm-citizens.ts'
import { fullName } from '#contract/domain/citizen.ts'
import { useDesk } from '../../host/desk.tsx'
import { cx } from '../../ui/cx.ts'
import { usePaused } from '../../ui/use-paused.ts'
import s from './person.module.css'

const pauseMs = 500

/** Who may be the person that is being typed: chosen, nobody is doubled. */
export function LikelyPersons({
  entered,
  onChoose,
}: {
  entered: Entered
  onChoose: (citizenId: string) => void
}) {
  const { t } = useTranslation()
  const { queries } = useDesk()
  const asked = JSON.parse(usePaused(JSON.stringify(entered), pauseMs)) as Entered
  const enough = asked.fiscalCode !== undefined || (asked.givenName !== '' && asked.familyName.length > 1)
  const { data } = useQuery({
    ...queries.alike(asked),
    enabled: enough,
    placeholderData: (before) => before,
  })
  if (!enough || !data) return null
  const away = data.complete ? null : <p className={cx(s.whole, s.hint)}>{t('person.alike.away')}</p>
  // Nobody here may be somebody there: who creates a person knows that only this desk was asked.
  if (data.alike.length === 0) return away
  return (
    <section className={cx(s.whole, s.alike)} aria-labelledby="alike" aria-live="polite">
      <h3 id="alike">{t('person.alike.title')}</h3>
      <p className={cx(s.hint)}>{t('person.alike.choose')}</p>
      <ListBox
        className={cx(s.results)}
        aria-labelledby="alike"
        items={data.alike.map((one) => ({ ...one, id: one.citizen.id }))}
        selectionMode="none"
        onAction={(key) => onChoose(String(key))}
      >
        {({ citizen, likeness }) => (
          <ListBoxItem id={citizen.id} className={cx(s.result)} textValue={fullName(citizen)}>
            <b>{fullName(citizen)}</b>
            <span>{likeness.reasons.map((reason) => t(`person.alike.reason.${reason}`)).join(', ')}</span>
          </ListBoxItem>
        )}
      </ListBox>
      {away}
    </section>
  )
}
