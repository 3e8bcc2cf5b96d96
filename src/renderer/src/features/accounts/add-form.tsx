import { useState } from 'react'
import { NewAccount } from '#contract/domain/account.ts'
import { useDesk } from '../../host/desk.tsx'
import { useTranslation } from '../../i18n/use-translation.ts'
import { announce } from '../../ui/announce.tsx'
import { Button } from '../../ui/button.tsx'
import { cx } from '../../ui/cx.ts'
import { Field } from '../../ui/field.tsx'
import s from './accounts.module.css'
import { nothingTyped, PasswordFields, Refusal, RightsFields } from './fields.tsx'
import { editAdded, endAdding, type NewDraft, useAccounts } from './state.ts'
import { useAsk } from './use-ask.ts'
import { useWrong, wrongIn, wrongTyped } from './wrong.ts'

export function AddForm({ draft }: { draft: NewDraft }) {
  const { t } = useTranslation()
  const { desk } = useDesk()
  const { going, fault, where, ask, lookAgain } = useAsk<HTMLFormElement>(null)
  const [typed, setTyped] = useState(nothingTyped)
  const [tried, setTried] = useState(false)
  const account = { ...draft, password: typed.password }
  const names = [...wrongIn(NewAccount, account), ...wrongTyped(typed)]
  const wrong = useWrong(tried ? names : [], fault)
  const submit = async () => {
    setTried(true)
    if (names.length > 0) return lookAgain()
    const added = await ask(() => desk.accounts.add(account))
    if (!added) return
    announce(t('work.accounts.form.added', { name: added.name }))
    endAdding()
    useAccounts.setState({ search: added.name })
  }
  return (
    <form
      ref={where}
      className={cx(s.form)}
      aria-labelledby="new-account"
      autoComplete="off"
      noValidate
      onSubmit={(event) => {
        event.preventDefault()
        if (!going) void submit()
      }}
    >
      <h2 id="new-account">{t('work.accounts.form.new')}</h2>
      <div className={cx(s.fields)}>
        <Field
          label={t('work.accounts.form.givenName')}
          value={draft.givenName}
          onChange={(givenName) => editAdded({ givenName })}
          error={wrong.givenName ?? null}
          maxLength={100}
          autoFocus
        />
        <Field
          label={t('work.accounts.form.familyName')}
          value={draft.familyName}
          onChange={(familyName) => editAdded({ familyName })}
          error={wrong.familyName ?? null}
          maxLength={100}
        />
        <Field
          label={t('work.accounts.form.login')}
          hint={t('work.accounts.form.loginHint')}
          value={draft.login}
          onChange={(login) => editAdded({ login })}
          error={wrong.login ?? null}
          maxLength={80}
        />
      </div>
      <RightsFields
        draft={draft}
        wrong={wrong}
        hint={t('work.accounts.form.extensionHint')}
        onChange={editAdded}
      />
      <PasswordFields typed={typed} wrong={wrong} onChange={setTyped} />
      <Refusal fault={fault} fields={['login', 'extension']} />
      <div className={cx(s.out)}>
        <Button type="submit" look="primary" isPending={going}>
          {t('work.accounts.form.add')}
        </Button>
        <Button look="quiet" isDisabled={going} onPress={endAdding}>
          {t('work.accounts.form.leave')}
        </Button>
      </div>
    </form>
  )
}
