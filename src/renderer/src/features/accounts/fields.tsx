import { useQuery } from '@tanstack/react-query'
import { Checkbox, CheckboxGroup, FieldError, Label } from 'react-aria-components'
import { Role } from '#contract/domain/agent.ts'
import { offered } from '#contract/domain/reference.ts'
import type { FaultData } from '#contract/errors.ts'
import { useDesk } from '../../host/desk.tsx'
import { useReferenceNames } from '../../host/use-reference-names.ts'
import { useTranslation } from '../../i18n/use-translation.ts'
import checks from '../../ui/check.module.css'
import { cx } from '../../ui/cx.ts'
import { FaultNotice } from '../../ui/fault-notice.tsx'
import { Field } from '../../ui/field.tsx'
import s from './accounts.module.css'
import type { RightsDraft } from './state.ts'
import { type FieldName, isOfField, lengths, type Wrong } from './wrong.ts'

/** Roles, teams and the extension of an account. `isOwn`: the administrator's own, who stays one. */
export function RightsFields({
  draft,
  held = [],
  isOwn = false,
  wrong,
  hint,
  onChange,
}: {
  draft: RightsDraft
  /** Teams that the account has, also those that have ended. */
  held?: readonly string[]
  isOwn?: boolean
  wrong: Wrong
  hint: string
  onChange: (change: Partial<RightsDraft>) => void
}) {
  const { t } = useTranslation()
  const { queries } = useDesk()
  const names = useReferenceNames()
  const { data } = useQuery(queries.reference)
  const inside = offered(data?.teams ?? []).filter(({ kind }) => kind !== 'external')
  const teams = [...new Set([...inside.map(({ id }) => id), ...held])]
  return (
    <>
      <Several
        label={t('work.accounts.role')}
        value={draft.roles}
        error={wrong.roles ?? null}
        hint={isOwn ? t('work.accounts.form.ownRole') : null}
        options={Role.options.map((role) => ({
          ...{ id: role, name: t(`work.accounts.roles.${role}`) },
          isFixed: isOwn && role === 'administrator',
        }))}
        onChange={(roles) => onChange({ roles: Role.options.filter((role) => roles.includes(role)) })}
      />
      <Several
        label={t('work.accounts.team')}
        value={draft.teams}
        error={wrong.teams ?? null}
        options={teams
          .map((id) => ({ id, name: names.team(id) }))
          .toSorted((a, b) => a.name.localeCompare(b.name))}
        onChange={(chosen) => onChange({ teams: teams.filter((id) => chosen.includes(id)) })}
      />
      <div className={cx(s.fields)}>
        <Field
          label={t('work.accounts.extension')}
          hint={hint}
          value={draft.extension}
          onChange={(extension) => onChange({ extension })}
          error={wrong.extension ?? null}
          maxLength={40}
        />
      </div>
    </>
  )
}

function Several({
  label,
  value,
  options,
  error,
  hint = null,
  onChange,
}: {
  label: string
  value: readonly string[]
  options: readonly { id: string; name: string; isFixed?: boolean }[]
  error: string | null
  hint?: string | null
  onChange: (ids: readonly string[]) => void
}) {
  return (
    <CheckboxGroup
      className={cx(s.several)}
      value={[...value]}
      onChange={onChange}
      isInvalid={error !== null}
    >
      <Label className={cx(s.label)}>{label}</Label>
      <div className={cx(s.choices)}>
        {options.map(({ id, name, isFixed = false }) => (
          <Checkbox key={id} value={id} className={cx(checks.check)} isDisabled={isFixed}>
            <span className={cx(checks.box)} aria-hidden="true" />
            {name}
          </Checkbox>
        ))}
      </div>
      {hint ? <p className={cx(s.small)}>{hint}</p> : null}
      <FieldError className={cx(s.error)}>{error}</FieldError>
    </CheckboxGroup>
  )
}

export type Typed = { password: string; again: string }
export const nothingTyped: Typed = { password: '', again: '' }

/** Typed twice, best by the person themselves: nobody else needs to know it. */
export function PasswordFields({
  typed,
  wrong,
  autoFocus = false,
  onChange,
}: {
  typed: Typed
  wrong: Wrong
  autoFocus?: boolean
  onChange: (typed: Typed) => void
}) {
  const { t } = useTranslation()
  return (
    <div className={cx(s.fields)}>
      <Field
        type="password"
        autoComplete="new-password"
        label={t('work.accounts.form.password')}
        hint={t('work.accounts.form.passwordHint', lengths)}
        value={typed.password}
        onChange={(password) => onChange({ ...typed, password })}
        error={wrong.password ?? null}
        autoFocus={autoFocus}
      />
      <Field
        type="password"
        autoComplete="new-password"
        label={t('work.accounts.form.again')}
        value={typed.again}
        onChange={(again) => onChange({ ...typed, again })}
        error={wrong.again ?? null}
      />
    </div>
  )
}

/** Why the CRM did not do it; a refusal of one of the `fields` that stand beside it is said there. */
export function Refusal({ fault, fields = [] }: { fault: FaultData | null; fields?: readonly FieldName[] }) {
  return fault && !isOfField(fault, fields) ? (
    <div data-refusal tabIndex={-1}>
      <FaultNotice fault={fault} />
    </div>
  ) : null
}
