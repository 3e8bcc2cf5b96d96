import { useEffect, useRef, useState } from 'react'
import { AccountRights } from '#contract/domain/account.ts'
import { useDesk } from '../../host/desk.tsx'
import { useTranslation } from '../../i18n/use-translation.ts'
import { announce } from '../../ui/announce.tsx'
import { Button } from '../../ui/button.tsx'
import { cx } from '../../ui/cx.ts'
import { Notice } from '../../ui/notice.tsx'
import { Access, type AccessProps } from './access.tsx'
import s from './accounts.module.css'
import { Refusal, RightsFields } from './fields.tsx'
import { editChanged, endChanging, type RightsDraft } from './state.ts'
import { useAsk } from './use-ask.ts'
import { useOpenRequests } from './use-open-requests.ts'
import { useWrong, wrongIn } from './wrong.ts'

/** What an administrator may do with an account; of whom an outside issuer signs in, what is left of it. */
export function ChangeForm({
  version,
  draft,
  ...props
}: AccessProps & { version: number; draft: RightsDraft }) {
  const { t } = useTranslation()
  const { account } = props
  const form = useRef<HTMLElement>(null)
  useEffect(() => {
    form.current?.querySelector<HTMLElement>('input:enabled, button')?.focus({ preventScroll: true })
    form.current?.scrollIntoView({ block: 'nearest' })
  }, [])
  return (
    <section
      ref={form}
      className={cx(s.form)}
      aria-label={t('work.accounts.form.of', { name: account.name })}
    >
      {account.login === null ? (
        <p className={cx(s.small)}>{t('work.accounts.access.outside')}</p>
      ) : (
        <Rights {...props} version={version} draft={draft} />
      )}
      <Access {...props} />
      <div className={cx(s.out)}>
        <Button size="small" look="quiet" onPress={() => endChanging(account.id)}>
          {t('common.close')}
        </Button>
      </div>
    </section>
  )
}

function Rights({
  account,
  isOwn,
  version,
  draft,
}: Omit<AccessProps, 'by'> & { version: number; draft: RightsDraft }) {
  const { t } = useTranslation()
  const { desk } = useDesk()
  const { id, name, roles, teams } = account
  const { going, fault, where, ask, lookAgain } = useAsk<HTMLFormElement>(id)
  const [tried, setTried] = useState(false)
  const names = wrongIn(AccountRights, draft)
  const leaves = teams.some((team) => !draft.teams.includes(team))
  const requests = useOpenRequests(id, draft.teams, leaves)
  const wrong = useWrong(tried ? names : [], fault)
  const submit = async () => {
    setTried(true)
    if (names.length > 0) return lookAgain()
    const changed = await ask(() => desk.accounts.change({ id, version, ...draft }))
    if (!changed) return
    announce(t('work.accounts.form.saved', { name }))
    endChanging(id)
  }
  return (
    <form
      ref={where}
      className={cx(s.form)}
      aria-label={t('work.accounts.form.of', { name })}
      noValidate
      onSubmit={(event) => {
        event.preventDefault()
        if (!going) void submit()
      }}
    >
      <RightsFields
        draft={draft}
        held={teams}
        isOwn={isOwn && roles.includes('administrator')}
        wrong={wrong}
        hint={t('work.accounts.form.extensionMoves')}
        onChange={(edit) => editChanged(id, edit)}
      />
      <div role="status">
        {leaves && requests !== 0 ? (
          <Notice>
            {requests === null
              ? t('work.accounts.form.requestsUnknown')
              : t('work.accounts.form.requests', { count: requests })}
          </Notice>
        ) : null}
      </div>
      <Refusal fault={fault} fields={['extension']} />
      <div className={cx(s.out)}>
        <Button type="submit" size="small" look="primary" isPending={going}>
          {t('work.accounts.form.save')}
        </Button>
      </div>
    </form>
  )
}
