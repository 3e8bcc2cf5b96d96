import { type UseQueryResult, useQuery } from '@tanstack/react-query'
import type { ClosureOutcome } from '#contract/crm-agenda.ts'
import { offered } from '#contract/domain/reference.ts'
import { useDesk } from '../../host/desk.tsx'
import { useTranslation } from '../../i18n/use-translation.ts'
import { Button } from '../../ui/button.tsx'
import { cx } from '../../ui/cx.ts'
import { Waiting } from '../../ui/notice.tsx'
import rows from '../../ui/rows.module.css'
import { Choice } from '../../ui/select.tsx'
import { Tag } from '../../ui/tag.tsx'
import { useFormat } from '../../ui/use-format.ts'
import { CloseForm } from './close-form.tsx'
import { FailedMessages } from './failed.tsx'
import { FailedAsking } from './failed-asking.tsx'
import s from './offices.module.css'
import { OneClosure } from './one-closure.tsx'
import { beginClosing, showClosure, useOffices } from './state.ts'
import { useClosedTime } from './use-words.ts'
import type { Ways } from './ways.ts'

const whileGoingMs = 2_000

/** An office that must close: for what time, whom it concerned, who is left to call, and what did not leave. */
export function Offices(ways: Ways) {
  const { t } = useTranslation()
  const { queries } = useDesk()
  const { officeId, closureId, isClosing, going } = useOffices()
  const reference = useQuery(queries.reference)
  const closures = useQuery({
    ...queries.closures(officeId ?? ''),
    enabled: officeId !== null,
    refetchInterval: ({ state }) => (going !== null || state.data?.some(isUnderWay) ? whileGoingMs : false),
  })
  if (!reference.data)
    return reference.error ? (
      <FailedAsking error={reference.error} onAgain={reference.refetch} />
    ) : (
      <Waiting label={t('common.loading')} rows={4} />
    )
  const shown = closures.data?.find(({ closure }) => closure.id === closureId)
  const offices = offered(reference.data.offices).toSorted((a, b) => a.name.localeCompare(b.name))
  const office = offices.find(({ id }) => id === officeId)
  if (office && isClosing) return <CloseForm office={office} outcomes={closures.data ?? []} />
  if (shown) return <OneClosure key={shown.closure.id} outcome={shown} {...ways} />
  return (
    <>
      <p className={cx(s.about)}>{t('work.offices.about')}</p>
      <div className={cx(s.which)}>
        <Choice
          label={t('work.offices.office')}
          value={officeId}
          onChange={(id) => useOffices.setState({ officeId: id, closureId: null })}
          options={offices.map(({ id, name }) => ({ id, name }))}
          {...(office ? {} : { trigger: t('work.offices.choose') })}
        />
      </div>
      {office ? <Closures officeId={office.id} closures={closures} /> : null}
      <FailedMessages />
    </>
  )
}

/** The CRM goes on by itself with what it has not cancelled yet. */
const isUnderWay = ({ bookings, conflicts, withdrawnAt }: ClosureOutcome): boolean =>
  bookings === 'cancel' && conflicts > 0 && withdrawnAt === null

function Closures({
  officeId,
  closures: { data: outcomes, error, refetch },
}: {
  officeId: string
  closures: UseQueryResult<ClosureOutcome[]>
}) {
  const { t } = useTranslation()
  const begun = useOffices(({ closings }) => closings[officeId] !== undefined)
  return (
    <section aria-labelledby="closures">
      <div className={cx(s.bar)}>
        <h2 id="closures">{t('work.offices.closures')}</h2>
        <Button size="small" onPress={() => beginClosing(officeId)}>
          {begun ? t('work.offices.goOn') : t('work.offices.begin')}
        </Button>
      </div>
      {error ? (
        <FailedAsking error={error} onAgain={refetch} />
      ) : !outcomes ? (
        <Waiting label={t('common.loading')} rows={3} />
      ) : outcomes.length === 0 ? (
        <p className={cx(s.about)}>{t('work.offices.none')}</p>
      ) : (
        <ul className={cx(rows.rows)}>
          {outcomes.map((outcome) => (
            <Row key={outcome.closure.id} outcome={outcome} />
          ))}
        </ul>
      )}
    </section>
  )
}

function Row({ outcome }: { outcome: ClosureOutcome }) {
  const { t } = useTranslation()
  const format = useFormat()
  const time = useClosedTime()
  const { closure, cancelled, conflicts, withdrawnAt, recovery } = outcome
  const when = time(closure)
  return (
    <li>
      <div>
        <b>{when}</b>
        <p>{closure.reason}</p>
      </div>
      <div className={cx(s.tags)}>
        {withdrawnAt ? (
          <Tag>{t('work.offices.withdrawnAt', { when: format.dayMonth(withdrawnAt) })}</Tag>
        ) : null}
        {recovery ? <Tag>{t('work.offices.hasRecovery')}</Tag> : null}
        {cancelled > 0 ? <Tag>{t('work.offices.cancelled', { count: cancelled })}</Tag> : null}
        {conflicts > 0 ? <Tag tone="amber">{t('work.offices.standing', { count: conflicts })}</Tag> : null}
        <Button
          size="small"
          aria-label={t('work.offices.openThis', { when })}
          onPress={() => showClosure(closure.id)}
        >
          {t('work.offices.open')}
        </Button>
      </div>
    </li>
  )
}
