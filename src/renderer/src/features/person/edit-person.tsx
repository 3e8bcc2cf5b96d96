import { Plus, X } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { Form } from 'react-aria-components'
import { useTranslation } from 'react-i18next'
import type { Work } from '#contract/desk.ts'
import type { EditedCitizen } from '#contract/desk-citizens.ts'
import { CitizenPhone, fullName, Language } from '#contract/domain/citizen.ts'
import type { FaultData } from '#contract/errors.ts'
import { useDesk, useDraft } from '../../host/desk.tsx'
import { toFault } from '../../host/fault.ts'
import { Button, IconButton } from '../../ui/button.tsx'
import { cx } from '../../ui/cx.ts'
import { useFaultText } from '../../ui/fault-text.tsx'
import { Field } from '../../ui/field.tsx'
import { cityDay } from '../../ui/format.ts'
import headings from '../../ui/heading.module.css'
import { Notice } from '../../ui/notice.tsx'
import { Choice } from '../../ui/select.tsx'
import { useShortcut } from '../../ui/shortcuts.ts'
import { changeOf } from './edited.ts'
import { IdentityFields } from './identity-fields.tsx'
import s from './person.module.css'

const mostHere = 8
const noAddress = { street: '', municipality: 'Milano', municipio: '' }
const phoneKinds = CitizenPhone.shape.kind.options

/** What is known of a person, to be changed. What is typed is part of the contact's draft. */
export function EditPerson({
  work,
  edited,
  children,
}: {
  work: Work
  edited: EditedCitizen
  /** What is changed by itself: for whom they speak, with whom they were joined. */
  children: ReactNode
}) {
  const { t } = useTranslation()
  const { desk } = useDesk()
  const say = useFaultText()
  const { keeper } = useDraft(work)
  const [tried, setTried] = useState(false)
  const [sending, setSending] = useState(false)
  const [fault, setFault] = useState<FaultData | null>(null)
  const set = (change: Partial<EditedCitizen>) =>
    keeper.edit((before) => ({
      ...before,
      editedCitizen: { ...(before.editedCitizen ?? edited), ...change },
    }))
  const leave = () => keeper.edit((before) => ({ ...before, editedCitizen: null }))
  const result = changeOf(edited, cityDay(Date.now()))
  const faults = tried && !result.ok ? result.faults : null
  const unchanged = result.ok && Object.keys(result.change).length === 0

  const save = async () => {
    setTried(true)
    if (!result.ok || sending) return
    if (unchanged) return leave()
    setSending(true)
    setFault(null)
    try {
      await desk.citizens.update({
        citizenId: edited.seen.id,
        seen: result.seen,
        change: result.change,
      })
      leave()
    } catch (error) {
      setFault(toFault(error))
    } finally {
      setSending(false)
    }
  }
  useShortcut('confirm', () => void save())
  return (
    <section aria-labelledby="edit-person">
      <h1 className={cx(headings.page)} id="edit-person">
        {t('person.edit.title', { name: fullName(edited.seen) })}
      </h1>
      <p className={cx(s.hint)}>{t('person.edit.kept')}</p>
      <Form
        className={cx(s.form)}
        validationBehavior="aria"
        onSubmit={(event) => {
          event.preventDefault()
          void save()
        }}
      >
        <IdentityFields identity={edited} onChange={set} faults={faults} autoFocus />
        <Several
          title={t('person.edit.phones')}
          add={t('person.edit.addPhone')}
          values={edited.phones}
          fresh={{ number: '', kind: 'mobile' }}
          onChange={(phones) => set({ phones })}
        >
          {(phone, n, put) => (
            <>
              <Field
                className={s.wide}
                label={t('person.edit.number', { n })}
                hideLabel
                value={phone.number}
                onChange={(number) => put({ ...phone, number })}
                maxLength={64}
                inputMode="tel"
                error={faults?.phones.includes(n - 1) ? t('person.edit.numberBad') : null}
              />
              <Choice
                label={t('person.edit.kind', { n })}
                hideLabel
                value={phone.kind}
                onChange={(kind) => put({ ...phone, kind })}
                options={phoneKinds.map((id) => ({ id, name: t(`person.phoneKind.${id}`) }))}
              />
            </>
          )}
        </Several>
        <Several
          title={t('person.edit.emails')}
          add={t('person.edit.addEmail')}
          values={edited.emails}
          fresh=""
          onChange={(emails) => set({ emails })}
        >
          {(email, n, put) => (
            <Field
              className={s.wide}
              label={t('person.edit.email', { n })}
              hideLabel
              value={email}
              onChange={put}
              maxLength={254}
              inputMode="email"
              error={faults?.emails.includes(n - 1) ? t('person.edit.emailBad') : null}
            />
          )}
        </Several>
        <Several
          title={t('person.edit.addresses')}
          add={t('person.edit.addAddress')}
          values={edited.addresses}
          fresh={noAddress}
          onChange={(addresses) => set({ addresses })}
        >
          {(address, n, put) => (
            <>
              <Field
                className={s.wide}
                label={t('person.edit.street', { n })}
                value={address.street}
                onChange={(street) => put({ ...address, street })}
                maxLength={120}
                error={faults?.addresses.includes(n - 1) ? t('person.edit.addressBad') : null}
              />
              <Field
                label={t('person.edit.municipality', { n })}
                value={address.municipality}
                onChange={(municipality) => put({ ...address, municipality })}
                maxLength={80}
              />
              <Field
                className={s.narrow}
                label={t('person.edit.municipio', { n })}
                value={address.municipio}
                onChange={(municipio) => put({ ...address, municipio })}
                maxLength={1}
                inputMode="numeric"
                error={faults?.municipi.includes(n - 1) ? t('person.edit.municipioBad') : null}
              />
            </>
          )}
        </Several>
        <Languages languages={edited.languages} onChange={(languages) => set({ languages })} />
        {fault ? (
          <div className={cx(s.whole)}>
            <Notice tone="red" alert>
              {say(fault)}
            </Notice>
          </div>
        ) : null}
        <div className={cx(s.whole, s.bar)}>
          <Button look="primary" type="submit" shortcut="confirm" isPending={sending}>
            {t('person.edit.save')}
          </Button>
          <Button look="quiet" onPress={leave}>
            {unchanged ? t('common.back') : t('person.edit.drop')}
          </Button>
        </div>
      </Form>
      {children}
    </section>
  )
}

/** Lines of one kind, of which the first is what is used. */
function Several<T>({
  title,
  add,
  values,
  fresh,
  onChange,
  children,
}: {
  title: string
  add: string
  values: readonly T[]
  fresh: NoInfer<T>
  onChange: (values: T[]) => void
  children: (value: T, n: number, put: (value: T) => void) => ReactNode
}) {
  const { t } = useTranslation()
  return (
    <fieldset className={cx(s.whole, s.several)}>
      <legend>{title}</legend>
      {values.length > 1 ? <p className={cx(s.small)}>{t('person.edit.first')}</p> : null}
      {values.map((value, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a line has no other identity than its place
        <div key={i} className={cx(s.line)}>
          {children(value, i + 1, (next) => onChange(values.map((one, at) => (at === i ? next : one))))}
          <IconButton
            label={t('person.edit.remove', { what: `${title} ${i + 1}` })}
            icon={<X size={16} aria-hidden="true" />}
            onPress={() => onChange(values.filter((_, at) => at !== i))}
          />
        </div>
      ))}
      {values.length < mostHere ? (
        <Button
          look="link"
          size="small"
          icon={<Plus size={15} aria-hidden="true" />}
          onPress={() => onChange([...values, fresh])}
        >
          {add}
        </Button>
      ) : null}
    </fieldset>
  )
}

function Languages({
  languages,
  onChange,
}: {
  languages: readonly Language[]
  onChange: (languages: Language[]) => void
}) {
  const { t } = useTranslation()
  const [main, ...others] = languages
  const named = (ids: readonly Language[]) => ids.map((id) => ({ id, name: t(`person.language.${id}`) }))
  return (
    <fieldset className={cx(s.whole, s.several)}>
      <legend>{t('person.edit.languages')}</legend>
      <div className={cx(s.line)}>
        <Choice
          label={t('person.edit.mainLanguage')}
          value={main ?? null}
          onChange={(id) => onChange([id, ...others.filter((one) => one !== id)])}
          options={named(Language.options)}
        />
        <Choice
          label={t('person.edit.addLanguage')}
          value={null}
          trigger={t('person.edit.addLanguage')}
          hideLabel
          onChange={(id) => onChange([...languages, id])}
          options={named(Language.options.filter((id) => !languages.includes(id)))}
        />
      </div>
      <ul className={cx(s.tags)}>
        {others.map((id) => (
          <li key={id}>
            {t(`person.language.${id}`)}
            <IconButton
              label={t('person.edit.remove', { what: t(`person.language.${id}`) })}
              icon={<X size={14} aria-hidden="true" />}
              onPress={() => onChange(languages.filter((one) => one !== id))}
            />
          </li>
        ))}
      </ul>
    </fieldset>
  )
}
