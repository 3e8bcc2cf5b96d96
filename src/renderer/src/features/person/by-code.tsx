import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import type { Appointment } from '#contract/domain/appointment.ts'
import { fullName } from '#contract/domain/citizen.ts'
import { useDesk } from '../../host/desk.tsx'
import { toFault } from '../../host/fault.ts'
import { useOfficeFormat } from '../../host/use-office-format.ts'
import { useReferenceNames } from '../../host/use-reference-names.ts'
import { useTranslation } from '../../i18n/use-translation.ts'
import { Button } from '../../ui/button.tsx'
import { cx } from '../../ui/cx.ts'
import { useFaultText } from '../../ui/fault-text.tsx'
import { Waiting } from '../../ui/notice.tsx'
import { Tag } from '../../ui/tag.tsx'
import s from './person.module.css'

/** The appointment with a code that somebody reads out: whose it is, or, of nobody in the directory, itself. */
export function ByCode({
  code,
  isCertain,
  onFound,
  alone,
}: {
  code: string
  /** What was typed can be nothing else: that there is none is worth a word. */
  isCertain: boolean
  onFound: (citizenId: string) => void
  alone: (appointment: Appointment) => ReactNode
}) {
  const { t } = useTranslation()
  const say = useFaultText()
  const { queries } = useDesk()
  const found = useQuery(queries.byCode(code))
  const { appointment, citizen, complete } = found.data ?? {
    appointment: null,
    citizen: null,
    complete: true,
  }
  if (!appointment) {
    if (!isCertain) return null
    if (found.isError) return <p className={cx(s.hint)}>{say(toFault(found.error))}</p>
    if (!found.data) return <Waiting label={t('common.loading')} />
    return (
      <p className={cx(s.hint)} role="status">
        {t(complete ? 'person.search.codeNone' : 'person.search.codeNoneAway', { code })}
      </p>
    )
  }
  const { citizenId } = appointment
  return (
    <section className={cx(s.byCode)} aria-label={t('person.search.codeFound', { code })}>
      {citizenId === null ? (
        alone(appointment)
      ) : (
        <>
          <Words appointment={appointment} />
          <Button onPress={() => onFound(citizenId)}>
            {citizen
              ? t('person.search.codeOpen', { name: fullName(citizen) })
              : t('person.search.codeOpenUnknown')}
          </Button>
        </>
      )}
    </section>
  )
}

function Words({
  appointment: { officeId, startsAt, serviceIds, state, code },
}: {
  appointment: Appointment
}) {
  const { t } = useTranslation()
  const format = useOfficeFormat()(officeId)
  const names = useReferenceNames()
  return (
    <div>
      <b>{names.services(serviceIds)}</b> <Tag>{t(`person.story.appointmentState.${state}`)}</Tag>
      <p className={cx(s.hint, 'n')}>
        {format.moment(startsAt)}, {names.office(officeId)}, {code}
      </p>
    </div>
  )
}
