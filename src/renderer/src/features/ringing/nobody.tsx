import type { ReactNode } from 'react'
import type { CallerView } from '#contract/desk.ts'
import { formatNumber } from '#contract/domain/phone-number.ts'
import { useTranslation } from '../../i18n/use-translation.ts'
import { cx } from '../../ui/cx.ts'
import headings from '../../ui/heading.module.css'
import { CrmLine } from './household.tsx'
import s from './ringing.module.css'

/** Nobody is known yet on the number: looking, unknown, CRM away, or no number at all. `children`: how to find or create the person. */
export function Nobody({
  caller,
  number,
  chosenOther,
  children,
}: {
  caller: CallerView | null
  number: string | null
  /** Persons are known on the number, and it is none of them. */
  chosenOther: boolean
  children: ReactNode
}) {
  const { t } = useTranslation()
  if (chosenOther && caller && caller.stories.length > 0) {
    return (
      <>
        <h1 className={cx(headings.page)}>{t('person.ringing.other')}</h1>
        {number ? <p className={cx(s.under, 'n')}>{formatNumber(number)}</p> : null}
        {children}
      </>
    )
  }
  const kind = caller?.number ?? (number === null ? 'withheld' : 'looking')
  const away = kind !== 'withheld' && caller?.crm === 'away'
  const refused = kind !== 'withheld' && caller?.crm === 'refused'
  const title =
    kind === 'withheld'
      ? t('person.ringing.withheldTitle')
      : away
        ? t('person.ringing.awayTitle')
        : refused
          ? t('person.ringing.refusedTitle')
          : kind === 'looking'
            ? t('person.ringing.lookingTitle')
            : t('person.ringing.unknownTitle')
  const body =
    kind === 'withheld'
      ? t('person.ringing.withheldBody')
      : away
        ? t('person.ringing.awayBody')
        : refused
          ? t('person.ringing.refusedBody')
          : kind === 'looking'
            ? null
            : t('person.ringing.unknownBody')
  return (
    <>
      <h1 className={cx(headings.page)}>{title}</h1>
      {number ? <p className={cx(s.under, 'n')}>{formatNumber(number)}</p> : null}
      {body ? <p className={cx(s.body)}>{body}</p> : null}
      {caller ? <CrmLine caller={caller} /> : null}
      {children}
    </>
  )
}
