import { useState } from 'react'
import type { Account, SignedInBy } from '#contract/domain/account.ts'
import type { FaultData } from '#contract/errors.ts'
import { useDesk } from '../../host/desk.tsx'
import { useTranslation } from '../../i18n/use-translation.ts'
import { announce } from '../../ui/announce.tsx'
import { Button } from '../../ui/button.tsx'
import { cx } from '../../ui/cx.ts'
import s from './accounts.module.css'
import { nothingTyped, PasswordFields, Refusal } from './fields.tsx'
import { follow } from './state.ts'
import { useAsk } from './use-ask.ts'
import { useFocusBack } from './use-focus-back.ts'
import { useOpenRequests } from './use-open-requests.ts'
import { useWrong, wrongTyped } from './wrong.ts'

export type AccessProps = { account: Account; by: SignedInBy; isOwn: boolean }

/** Whether somebody may sign in, and by what. Of what is asked first, one question is open at a time. */
export function Access({ account, by, isOwn }: AccessProps) {
  const { t } = useTranslation()
  const { desk } = useDesk()
  const { id, version, name, login, deactivatedAt } = account
  const { going, fault, where, ask } = useAsk<HTMLElement>(id)
  const [asking, setAsking] = useState<'password' | 'sign-out' | 'deactivate' | null>(null)
  const isActive = deactivatedAt === null
  const endAsking = () => setAsking(null)
  const requests = useOpenRequests(id, [], asking === 'deactivate')
  useFocusBack(asking !== null, where)
  const done = (text: string, now?: Account) => {
    announce(text)
    endAsking()
    if (now) follow(version, now)
  }
  const activate = async () => {
    const now = await ask(() => desk.accounts.activate({ id, version }))
    if (now) done(t('work.accounts.access.activated', { name }), now)
  }
  const deactivate = async () => {
    const now = await ask(() => desk.accounts.deactivate({ id, version }))
    if (now) done(t('work.accounts.access.deactivated', { name }), now)
  }
  const signOut = async () => {
    const out = await ask(() => desk.accounts.endSignIns({ id }))
    if (out) done(t('work.accounts.access.signedOut', { count: out.ended }))
  }
  return (
    <section ref={where} className={cx(s.access)} aria-label={t('work.accounts.access.title')}>
      <p className={cx(s.label)}>{t('work.accounts.access.title')}</p>
      {login !== null && by === 'outside' ? (
        <p className={cx(s.small)}>{t('work.accounts.access.noPasswords')}</p>
      ) : null}
      {isOwn ? <p className={cx(s.small)}>{t('work.accounts.access.own')}</p> : null}
      {asking === 'password' ? (
        <Password
          account={account}
          onLeave={endAsking}
          onSet={(now) => done(t('work.accounts.access.passwordDone', { name }), now)}
        />
      ) : asking === 'sign-out' ? (
        <Question
          title={t('work.accounts.access.signOutAsk', { name })}
          more={t(isOwn ? 'work.accounts.access.signOutOwn' : 'work.accounts.access.signOutMore')}
          yes={t('work.accounts.access.signOutNow')}
          going={going}
          fault={fault}
          onYes={() => void signOut()}
          onLeave={endAsking}
        />
      ) : asking === 'deactivate' ? (
        <Question
          title={t('work.accounts.access.deactivateAsk', { name })}
          more={`${t('work.accounts.access.deactivateMore')} ${
            requests === null
              ? t('work.accounts.access.requestsUnknown')
              : t('work.accounts.access.requests', { count: requests })
          }`}
          yes={t('work.accounts.access.deactivateNow')}
          going={going}
          fault={fault}
          onYes={() => void deactivate()}
          onLeave={endAsking}
        />
      ) : (
        <>
          <Refusal fault={fault} />
          {login !== null && fault?.code === 'extension-taken' ? (
            <p className={cx(s.small)}>{t('work.accounts.access.extensionTaken')}</p>
          ) : null}
          <div className={cx(s.out)}>
            {login !== null && by === 'password' ? (
              <Button size="small" isDisabled={going} onPress={() => setAsking('password')}>
                {t('work.accounts.access.password')}
              </Button>
            ) : null}
            {isActive ? (
              <Button size="small" isDisabled={going} onPress={() => setAsking('sign-out')}>
                {t('work.accounts.access.signOut')}
              </Button>
            ) : (
              <Button size="small" isPending={going} onPress={() => void activate()}>
                {t('work.accounts.access.activate')}
              </Button>
            )}
            {isActive && !isOwn ? (
              <Button size="small" isDisabled={going} onPress={() => setAsking('deactivate')}>
                {t('work.accounts.access.deactivate')}
              </Button>
            ) : null}
          </div>
        </>
      )}
    </section>
  )
}

function Question({
  title,
  more,
  yes,
  going,
  fault,
  onYes,
  onLeave,
}: {
  title: string
  more: string
  yes: string
  going: boolean
  fault: FaultData | null
  onYes: () => void
  onLeave: () => void
}) {
  const { t } = useTranslation()
  return (
    <fieldset className={cx(s.ask)} aria-label={title}>
      <p>
        <b>{title}</b> {more}
      </p>
      <Refusal fault={fault} />
      <div className={cx(s.out)}>
        <Button size="small" look="danger" isPending={going} onPress={onYes} autoFocus>
          {yes}
        </Button>
        <Button size="small" look="quiet" onPress={onLeave}>
          {t('work.accounts.form.leave')}
        </Button>
      </div>
    </fieldset>
  )
}

function Password({
  account: { id, version },
  onSet,
  onLeave,
}: {
  account: Account
  onSet: (now: Account) => void
  onLeave: () => void
}) {
  const { t } = useTranslation()
  const { desk } = useDesk()
  const { going, fault, where, ask, lookAgain } = useAsk<HTMLFormElement>(id)
  const [typed, setTyped] = useState(nothingTyped)
  const [tried, setTried] = useState(false)
  const names = wrongTyped(typed)
  const wrong = useWrong(tried ? names : [], fault)
  const submit = async () => {
    setTried(true)
    if (names.length > 0) return lookAgain()
    const now = await ask(() => desk.accounts.setPassword({ id, version, password: typed.password }))
    if (now) onSet(now)
  }
  return (
    <form
      ref={where}
      className={cx(s.form)}
      aria-label={t('work.accounts.access.password')}
      noValidate
      onSubmit={(event) => {
        event.preventDefault()
        if (!going) void submit()
      }}
    >
      <PasswordFields typed={typed} wrong={wrong} onChange={setTyped} autoFocus />
      <p className={cx(s.small)}>{t('work.accounts.access.passwordMore')}</p>
      <Refusal fault={fault} />
      <div className={cx(s.out)}>
        <Button type="submit" size="small" look="primary" isPending={going}>
          {t('work.accounts.access.passwordSet')}
        </Button>
        <Button size="small" look="quiet" isDisabled={going} onPress={onLeave}>
          {t('work.accounts.form.leave')}
        </Button>
      </div>
    </form>
  )
}
