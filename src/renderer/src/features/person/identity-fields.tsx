import { useTranslation } from 'react-i18next'
import { Field } from '../../ui/field.tsx'

type Identity = { givenName: string; familyName: string; birthDate: string; fiscalCode: string }

/** Who somebody is, as it is typed; `faults`: what is wrong with it, once it should be right. */
export function IdentityFields({
  identity,
  onChange,
  faults,
  autoFocus,
}: {
  identity: Identity
  onChange: (change: Partial<Identity>) => void
  faults: { birthDate: boolean; fiscalCode: boolean } | null
  autoFocus: boolean
}) {
  const { t } = useTranslation()
  const missing = (name: string) => (faults && name.trim() === '' ? t('person.search.needsName') : null)
  return (
    <>
      <Field
        label={t('person.search.givenName')}
        value={identity.givenName}
        onChange={(givenName) => onChange({ givenName })}
        maxLength={80}
        autoFocus={autoFocus}
        error={missing(identity.givenName)}
      />
      <Field
        label={t('person.search.familyName')}
        value={identity.familyName}
        onChange={(familyName) => onChange({ familyName })}
        maxLength={80}
        error={missing(identity.familyName)}
      />
      <Field
        label={t('person.search.birthDate')}
        hint={t('person.search.birthHint')}
        value={identity.birthDate}
        onChange={(birthDate) => onChange({ birthDate })}
        maxLength={10}
        inputMode="numeric"
        error={faults?.birthDate ? t('person.search.birthBad') : null}
      />
      <Field
        label={t('person.search.fiscalCode')}
        value={identity.fiscalCode}
        onChange={(fiscalCode) => onChange({ fiscalCode })}
        maxLength={24}
        spellCheck="false"
        error={faults?.fiscalCode ? t('person.edit.fiscalBad') : null}
      />
    </>
  )
}
