import { useQuery } from '@tanstack/react-query'
import { Search } from 'lucide-react'
import { type ReactNode, useDeferredValue, useState } from 'react'
import { Input, ListBox, ListBoxItem, SearchField } from 'react-aria-components'
import { useTranslation } from 'react-i18next'
import type { Work } from '#contract/desk.ts'
import type { Appointment } from '#contract/domain/appointment.ts'
import { appointmentCode } from '#contract/domain/appointment-code.ts'
import { fullName } from '#contract/domain/citizen.ts'
import type { ShownCitizen } from '#contract/domain/citizen-shown.ts'
import { protocolIn } from '#contract/domain/ticket-protocol.ts'
import { useDesk, useDraft } from '../../host/desk.tsx'
import { toFault } from '../../host/fault.ts'
import { Button } from '../../ui/button.tsx'
import { cx } from '../../ui/cx.ts'
import { useFaultText } from '../../ui/fault-text.tsx'
import { Waiting } from '../../ui/notice.tsx'
import { isTyping } from '../../ui/typing.ts'
import { useTypedProtocol } from '../../ui/use-typed-protocol.ts'
import { ByCode } from './by-code.tsx'
import { ByProtocol } from './by-protocol.tsx'
import { NewPerson } from './new-person.tsx'
import s from './person.module.css'

/** Find whoever is speaking, or create them. */
export function PersonSearch({
  work,
  number,
  onFound,
  onTicket,
  onBack,
  alone,
}: {
  /** Null: no contact to create a person in yet; one can be searched all the same. */
  work: Work | null
  /** E.164 of the caller, for a new person. */
  number: string | null
  onFound: (citizenId: string) => void
  onTicket: (ticketId: string) => void
  onBack?: (() => void) | undefined
  /** An appointment of nobody in the directory, found by its code. */
  alone: (appointment: Appointment) => ReactNode
}) {
  const { t } = useTranslation()
  const [text, setText] = useState('')
  const [takesFocus] = useState(() => work?.answeredAt != null && !isTyping())
  const wanted = useDeferredValue(text)
  const code = appointmentCode(wanted)
  // Five letters may be a name too, and digits a number.
  const isCode = code !== null && /\p{L}/u.test(code) && /\d/.test(code)
  const protocol = useTypedProtocol(wanted)
  const isProtocol = protocolIn(wanted) !== null && /\p{L}/u.test(wanted)
  const draft = useDraft(work)
  const [creating, setCreating] = useState(draft?.draft.newCitizen != null)
  if (creating && work) {
    return <NewPerson work={work} number={number} onCreated={onFound} onCancel={() => setCreating(false)} />
  }
  return (
    <section className={cx(s.search)} aria-labelledby="find-person">
      <h2 className={cx(s.h2)} id="find-person">
        {t('person.search.title')}
      </h2>
      <div className={cx(s.bar)}>
        <SearchField
          className={cx(s.field)}
          aria-label={t('person.search.label')}
          value={text}
          onChange={setText}
          autoFocus={takesFocus}
        >
          <Search size={18} aria-hidden="true" />
          <Input placeholder={t('person.search.label')} />
        </SearchField>
        {work ? <Button onPress={() => setCreating(true)}>{t('person.search.create')}</Button> : null}
        {onBack ? (
          <Button look="quiet" onPress={onBack}>
            {t('person.search.backToPeople')}
          </Button>
        ) : null}
      </div>
      {code === null ? null : (
        <ByCode key={code} code={code} isCertain={isCode} onFound={onFound} alone={alone} />
      )}
      {protocol === null ? null : (
        <ByProtocol
          key={protocol}
          protocol={protocol}
          isCertain={isProtocol}
          onTicket={onTicket}
          onFound={onFound}
        />
      )}
      {isCode || isProtocol ? null : <Results text={text} onFound={onFound} />}
    </section>
  )
}

export function Results({
  text,
  without,
  onFound,
}: {
  text: string
  /** Whom it cannot be. */
  without?: string
  onFound: (citizenId: string, citizen: ShownCitizen) => void
}) {
  const { t } = useTranslation()
  const { queries } = useDesk()
  const say = useFaultText()
  const wanted = useDeferredValue(text.trim())
  const found = useQuery({
    ...queries.search(wanted),
    enabled: wanted.length >= 2,
    placeholderData: (before) => before,
  })
  if (wanted.length < 2) return <p className={cx(s.hint)}>{t('person.search.short')}</p>
  if (found.isError) return <p className={cx(s.hint)}>{say(toFault(found.error))}</p>
  if (!found.data) return <Waiting label={t('common.loading')} />
  const { complete, more } = found.data
  const citizens = found.data.citizens.filter(({ id }) => id !== without)
  return (
    <>
      {citizens.length === 0 ? (
        <p className={cx(s.hint)} role="status">
          {complete ? t('person.search.none') : t('person.search.noneAway')}
        </p>
      ) : (
        <ListBox
          className={cx(s.results)}
          aria-label={t('person.search.results')}
          items={citizens}
          selectionMode="none"
          onAction={(key) => {
            const citizen = citizens.find(({ id }) => id === key)
            if (citizen) onFound(citizen.id, citizen)
          }}
        >
          {(citizen) => <Result citizen={citizen} />}
        </ListBox>
      )}
      {more ? (
        <p className={cx(s.hint)} role="status">
          {t('person.search.more')}
        </p>
      ) : null}
      {!complete && citizens.length > 0 ? (
        <p className={cx(s.hint)}>{t('person.search.incomplete')}</p>
      ) : null}
    </>
  )
}

function Result({ citizen }: { citizen: ShownCitizen }) {
  const { t } = useTranslation()
  return (
    <ListBoxItem id={citizen.id} className={cx(s.result)} textValue={fullName(citizen)}>
      <b>{fullName(citizen)}</b>
      <span>
        {[
          // The year is enough to tell two namesakes apart; the whole date is what a caller must say.
          citizen.birthYear === null ? null : t('person.search.born', { date: String(citizen.birthYear) }),
          citizen.address ? `${citizen.address.street}, ${citizen.address.municipality}` : null,
        ]
          .filter(Boolean)
          .join(', ')}
      </span>
      {citizen.needsDuplicateCheck ? <span>{t('person.story.duplicate')}</span> : null}
    </ListBoxItem>
  )
}
