import { useState } from 'react'
import { Form } from 'react-aria-components'
import { useTranslation } from 'react-i18next'
import type { Draft, Work } from '#contract/desk.ts'
import { Language } from '#contract/domain/citizen.ts'
import { FiscalCode } from '#contract/domain/fiscal-code.ts'
import { formatNumber, isItalianMobile, toE164 } from '#contract/domain/phone-number.ts'
import type { FaultData } from '#contract/errors.ts'
import { useDesk, useDraft } from '../../host/desk.tsx'
import { toFault } from '../../host/fault.ts'
import { Button } from '../../ui/button.tsx'
import { cx } from '../../ui/cx.ts'
import { useFaultText } from '../../ui/fault-text.tsx'
import { cityDay } from '../../ui/format.ts'
import { Notice } from '../../ui/notice.tsx'
import { Choice } from '../../ui/select.tsx'
import { useShortcut } from '../../ui/shortcuts.ts'
import { isTyping } from '../../ui/typing.ts'
import { LikelyPersons } from './alike.tsx'
import { parseBirthDate } from './birth-date.ts'
import { IdentityFields } from './identity-fields.tsx'
import s from './person.module.css'

type NewCitizen = NonNullable<Draft['newCitizen']>
const blank: NewCitizen = { givenName: '', familyName: '', birthDate: '', fiscalCode: '', language: 'it' }

/** A person the city does not know yet. What is typed is part of the draft, like everything else. */
export function NewPerson({
  work,
  number,
  onCreated,
  onCancel,
}: {
  work: Work
  number: string | null
  onCreated: (citizenId: string) => void
  onCancel: () => void
}) {
  const { t } = useTranslation()
  const { desk } = useDesk()
  const say = useFaultText()
  const { draft, keeper } = useDraft(work)
  const [takesFocus] = useState(() => !isTyping())
  const [tried, setTried] = useState(false)
  const [sending, setSending] = useState(false)
  const [fault, setFault] = useState<FaultData | null>(null)
  const person = draft.newCitizen ?? blank
  const set = (change: Partial<NewCitizen>) =>
    keeper.edit((before) => ({ ...before, newCitizen: { ...(before.newCitizen ?? blank), ...change } }))

  const birthDate = person.birthDate === '' ? null : parseBirthDate(person.birthDate, cityDay(Date.now()))
  const code = FiscalCode.safeParse(person.fiscalCode)
  const noCode = person.fiscalCode.trim() === ''
  const badBirth = person.birthDate !== '' && birthDate === null
  const badCode = !noCode && !code.success
  const named = person.givenName.trim() !== '' && person.familyName.trim() !== ''
  const e164 = number ? toE164(number) : null

  const create = async () => {
    setTried(true)
    if (!named || badBirth || badCode || sending) return
    setSending(true)
    setFault(null)
    try {
      await keeper.flush()
      const { citizenId } = await desk.work.createCitizen({
        contactId: work.contactId,
        citizen: {
          givenName: person.givenName.trim(),
          familyName: person.familyName.trim(),
          birthDate,
          fiscalCode: code.data ?? null,
          language: person.language,
          phones: e164 ? [{ number: e164, kind: isItalianMobile(e164) ? 'mobile' : 'landline' }] : [],
          email: null,
          address: null,
        },
      })
      onCreated(citizenId)
    } catch (error) {
      setFault(toFault(error))
    } finally {
      setSending(false)
    }
  }
  useShortcut('confirm', () => void create())
  return (
    <section className={cx(s.search)} aria-labelledby="new-person">
      <h2 className={cx(s.h2)} id="new-person">
        {t('person.search.create')}
      </h2>
      <Form
        className={cx(s.form)}
        validationBehavior="aria"
        onSubmit={(event) => {
          event.preventDefault()
          void create()
        }}
      >
        <IdentityFields
          identity={person}
          onChange={set}
          faults={tried ? { birthDate: badBirth, fiscalCode: badCode } : null}
          autoFocus={takesFocus}
        />
        <Choice
          label={t('person.search.language')}
          value={person.language}
          onChange={(value) => {
            const language = Language.options.find((one) => one === value)
            if (language) set({ language })
          }}
          options={Language.options.map((id) => ({ id, name: t(`person.language.${id}`) }))}
        />
        {e164 ? (
          <p className={cx(s.hint, 'n')}>{t('person.search.withNumber', { number: formatNumber(e164) })}</p>
        ) : null}
        <LikelyPersons
          entered={{
            givenName: person.givenName.trim(),
            familyName: person.familyName.trim(),
            ...(birthDate ? { birthDate } : {}),
            ...(code.success ? { fiscalCode: code.data } : {}),
            ...(e164 ? { number: e164 } : {}),
          }}
          onChoose={(citizenId) => {
            keeper.edit((before) => ({ ...before, newCitizen: null }))
            onCreated(citizenId)
          }}
        />
        {fault ? (
          <div className={cx(s.whole)}>
            <Notice tone="red" alert>
              {say(fault)}
            </Notice>
          </div>
        ) : null}
        <div className={cx(s.whole, s.bar)}>
          <Button look="primary" type="submit" shortcut="confirm" isPending={sending}>
            {t('person.search.save')}
          </Button>
          <Button look="quiet" onPress={onCancel}>
            {t('common.back')}
          </Button>
        </div>
      </Form>
    </section>
  )
}
