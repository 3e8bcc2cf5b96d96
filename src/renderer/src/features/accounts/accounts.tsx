import { useQuery } from '@tanstack/react-query'
import { useRef } from 'react'
import type { Account, Accounts as Listed } from '#contract/domain/account.ts'
import { useDesk } from '../../host/desk.tsx'
import { toFault } from '../../host/fault.ts'
import { useReferenceNames } from '../../host/use-reference-names.ts'
import { useTranslation } from '../../i18n/use-translation.ts'
import { Button } from '../../ui/button.tsx'
import { cx } from '../../ui/cx.ts'
import { useFaultText } from '../../ui/fault-text.tsx'
import { Field } from '../../ui/field.tsx'
import { Notice, Waiting } from '../../ui/notice.tsx'
import { searchIn } from '../../ui/search.ts'
import { Tag } from '../../ui/tag.tsx'
import { useFormat } from '../../ui/use-format.ts'
import s from './accounts.module.css'
import { AddForm } from './add-form.tsx'
import { ChangeForm } from './change-form.tsx'
import { beginAdding, beginChanging, useAccounts } from './state.ts'
import { useFocusBack } from './use-focus-back.ts'

/** Who may sign in and as what. The CRM alone knows: while it is away, that is said. `self`: the administrator's own account. */
export function Accounts({ self }: { self: string }) {
  const { t } = useTranslation()
  const say = useFaultText()
  const { queries } = useDesk()
  const { data, error, refetch } = useQuery(queries.accounts)
  const fault = error ? toFault(error) : null
  return (
    <>
      <p className={cx(s.about)}>{t('work.accounts.about')}</p>
      {fault ? (
        <Notice
          tone="red"
          alert
          actions={
            <Button size="small" onPress={() => void refetch()}>
              {t('work.accounts.again')}
            </Button>
          }
        >
          {say(fault)} {fault.kind === 'unavailable' ? t('work.accounts.away') : null}
        </Notice>
      ) : null}
      {data ? (
        <Inside {...data} self={self} />
      ) : fault ? null : (
        <Waiting label={t('common.loading')} rows={8} />
      )}
    </>
  )
}

function Inside({ accounts, by, self }: Listed & { self: string }) {
  const { t } = useTranslation()
  const names = useReferenceNames()
  const { search, added } = useAccounts()
  const adding = useRef<HTMLDivElement>(null)
  useFocusBack(added !== null, adding)
  const found = searchIn(accounts, search, ({ name, login, roles, teams, extension }) => [
    `${name} ${login ?? ''}`,
    [
      ...roles.map((role) => t(`work.accounts.roles.${role}`)),
      ...[...teams.map(names.team), extension ?? ''],
    ].join(' '),
  ])
  return (
    <>
      {by === 'outside' ? <Notice tone="blue">{t('work.accounts.outside')}</Notice> : null}
      {added ? <AddForm draft={added} /> : null}
      <div className={cx(s.bar)} ref={adding}>
        <Field
          className={s.search}
          type="search"
          label={t('work.accounts.search')}
          value={search}
          onChange={(text) => useAccounts.setState({ search: text })}
        />
        {by === 'password' && !added ? <Button onPress={beginAdding}>{t('work.accounts.add')}</Button> : null}
      </div>
      {found.length === 0 ? (
        <p className={cx(s.about)}>{t('work.accounts.nobody')}</p>
      ) : (
        <table className={cx(s.table)} aria-label={t('work.accounts.list')}>
          <thead>
            <tr>
              <th scope="col">{t('work.accounts.name')}</th>
              <th scope="col">{t('work.accounts.role')}</th>
              <th scope="col">{t('work.accounts.team')}</th>
              <th scope="col">{t('work.accounts.extension')}</th>
              <td />
            </tr>
          </thead>
          <tbody>
            {found.map((account) => (
              <Row key={account.id} account={account} by={by} isOwn={account.id === self} />
            ))}
          </tbody>
        </table>
      )}
    </>
  )
}

function Row({ account, by, isOwn }: { account: Account; by: Listed['by']; isOwn: boolean }) {
  const { t } = useTranslation()
  const format = useFormat()
  const names = useReferenceNames()
  const row = useRef<HTMLTableRowElement>(null)
  const changed = useAccounts((state) => state.changed.get(account.id))
  useFocusBack(changed !== undefined, row)
  const { name, login, roles, teams, extension, deactivatedAt } = account
  return (
    <>
      <tr ref={row}>
        <th scope="row">
          <b>{name}</b>
          {isOwn ? ` (${t('work.accounts.you')})` : null}
          <span>{login ?? t('work.accounts.fromOutside')}</span>
          {deactivatedAt === null ? null : (
            <Tag tone="amber">{t('work.accounts.inactive', { when: format.moment(deactivatedAt) })}</Tag>
          )}
        </th>
        <td>{roles.map((role) => t(`work.accounts.roles.${role}`)).join(', ')}</td>
        <td>{teams.map(names.team).join(', ')}</td>
        <td className="n">{extension ?? t('work.accounts.noExtension')}</td>
        <td>
          {changed ? null : (
            <Button
              size="small"
              look="quiet"
              aria-label={t('work.accounts.openOf', { name })}
              onPress={() => beginChanging(account)}
            >
              {t('work.accounts.open')}
            </Button>
          )}
        </td>
      </tr>
      {changed ? (
        <tr>
          <td colSpan={5}>
            <ChangeForm
              account={account}
              by={by}
              isOwn={isOwn}
              version={changed.version}
              draft={changed.draft}
            />
          </td>
        </tr>
      ) : null}
    </>
  )
}
