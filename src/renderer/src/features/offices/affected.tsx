import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Phone, RotateCw, X } from 'lucide-react'
import { type ReactNode, useEffect } from 'react'
import type { ClosureOutcome } from '#contract/crm-agenda.ts'
import type { ShownAffected, ShownStanding } from '#contract/desk-offices.ts'
import type { Appointment } from '#contract/domain/appointment.ts'
import { type Address, fullName } from '#contract/domain/citizen.ts'
import { becameOf, isLeaving } from '#contract/domain/message.ts'
import { useDesk } from '../../host/desk.tsx'
import { useOfficeFormat } from '../../host/use-office-format.ts'
import { useReferenceNames } from '../../host/use-reference-names.ts'
import { useTranslation } from '../../i18n/use-translation.ts'
import { Button } from '../../ui/button.tsx'
import { cx } from '../../ui/cx.ts'
import { Waiting } from '../../ui/notice.tsx'
import { useMinute } from '../../ui/now.ts'
import rows from '../../ui/rows.module.css'
import { Tag } from '../../ui/tag.tsx'
import { useFormat } from '../../ui/use-format.ts'
import { mustCall } from './closing.ts'
import { FailedAsking } from './failed-asking.tsx'
import s from './offices.module.css'
import type { Ways } from './ways.ts'

const whileToldMs = 2_000

const isBeingTold = (affected: readonly ShownAffected[] = []): boolean =>
  affected.some(({ told }) => told.some((one) => isLeaving(one, new Date())))

/** Whom nothing reaches first, then the others; each in the order of their appointments. */
export function AffectedList({ outcome, ...ways }: { outcome: ClosureOutcome } & Ways) {
  const { t } = useTranslation()
  const { queries } = useDesk()
  const { closure, cancelled } = outcome
  const { data, error, isFetching, refetch } = useQuery({
    ...queries.affected(closure.id),
    // The feed does not tell of messages.
    refetchInterval: ({ state }) => (isBeingTold(state.data?.affected) ? whileToldMs : false),
  })
  const all = data?.affected
  // More have been cancelled than were listed.
  useEffect(() => {
    if (all && all.length < cancelled) void refetch()
  }, [all, cancelled, refetch])
  const toCall = all?.filter(mustCall) ?? []
  const others = all?.filter((one) => !mustCall(one)) ?? []
  const list = (affected: readonly ShownAffected[]) => (
    <ul className={cx(rows.rows)}>
      {affected.map((one) => (
        <Row key={one.cancelled.id} whose={one} appointment={one.cancelled} {...ways}>
          <Became rebooked={one.rebooked} told={one.told} />
        </Row>
      ))}
    </ul>
  )
  return (
    <Listed
      id="affected"
      title={t('work.offices.affected.title')}
      isAsking={isFetching && !isBeingTold(all)}
      asked={{ isThere: all !== undefined, error, refetch }}
    >
      {all?.length === 0 ? <p className={cx(s.about)}>{t('work.offices.affected.none')}</p> : null}
      {toCall.length > 0 ? (
        <section aria-labelledby="to-call">
          <h3 id="to-call" className={cx(s.h3)}>
            {t('work.offices.affected.toCall', { count: toCall.length })}
          </h3>
          <p className={cx(s.about)}>{t('work.offices.affected.toCallAbout')}</p>
          {list(toCall)}
        </section>
      ) : null}
      {others.length > 0 ? (
        <section aria-labelledby="told">
          <h3 id="told" className={cx(s.h3)}>
            {t('work.offices.affected.others')}
          </h3>
          {list(others)}
        </section>
      ) : null}
    </Listed>
  )
}

/** Whose appointment still stands in what is closed: somebody must call and move it, for no message says so. */
export function StandingList({ outcome, ...ways }: { outcome: ClosureOutcome } & Ways) {
  const { t } = useTranslation()
  const client = useQueryClient()
  const { queries } = useDesk()
  const { closure, conflicts } = outcome
  const { data, error, isFetching, refetch } = useQuery(queries.affected(closure.id))
  const all = data?.standing
  const isMiscounted = all !== undefined && all.length !== conflicts
  // One was moved meanwhile, or cancelled.
  useEffect(() => {
    if (isMiscounted) void client.invalidateQueries(queries.closures(closure.officeId))
  }, [isMiscounted, client, queries, closure.officeId])
  return (
    <Listed
      id="standing"
      title={t('work.offices.stands.title')}
      isAsking={isFetching}
      asked={{ isThere: all !== undefined, error, refetch }}
    >
      {all ? (
        <p className={cx(s.about)}>
          {t(all.length === 0 ? 'work.offices.stands.none' : 'work.offices.stands.about')}
        </p>
      ) : null}
      {all && all.length > 0 ? (
        <ul className={cx(rows.rows)}>
          {all.map((one) => (
            <Row key={one.appointment.id} whose={one} appointment={one.appointment} {...ways} />
          ))}
        </ul>
      ) : null}
    </Listed>
  )
}

/** A list under its title, with the way to ask for it again; what stands for it while it is asked, and why it is not there. */
function Listed({
  id,
  title,
  isAsking,
  asked: { isThere, error, refetch },
  children,
}: {
  id: string
  title: string
  isAsking: boolean
  asked: { isThere: boolean; error: Error | null; refetch: () => Promise<unknown> }
  children: ReactNode
}) {
  const { t } = useTranslation()
  return (
    <section aria-labelledby={id}>
      <div className={cx(s.bar)}>
        <h2 id={id}>{title}</h2>
        <Button
          size="small"
          icon={<RotateCw size={15} aria-hidden="true" />}
          isPending={isAsking}
          onPress={() => void refetch()}
        >
          {t('work.offices.affected.reload')}
        </Button>
      </div>
      {error ? <FailedAsking error={error} onAgain={refetch} /> : null}
      {isThere || error ? null : <Waiting label={t('common.loading')} rows={4} />}
      {children}
    </section>
  )
}

type RowProps = {
  appointment: Appointment
  whose: Pick<ShownStanding, 'citizen' | 'hasCaller'>
  /** What became of it. */
  children?: ReactNode
} & Ways

/** Whose appointment it is, and how to call them. */
function Row({ appointment, whose: { citizen, hasCaller }, children, canDial, onCall, onShow }: RowProps) {
  const { t } = useTranslation()
  const names = useReferenceNames()
  const format = useOfficeFormat()(appointment.officeId)
  const { desk } = useDesk()
  const { contactId } = appointment
  const who = citizen ? fullName(citizen) : t('work.offices.affected.nobody')
  const when = `${format.shortDay(appointment.startsAt)}, ${format.time(appointment.startsAt)}`
  return (
    <li>
      <div>
        <b>{who}</b>
        {citizen === null ? <span className={cx(s.code, 'n')}> {appointment.code}</span> : null}
        <p className="n">
          {t('work.offices.affected.wasAt', { service: names.services(appointment.serviceIds), when })}
        </p>
        {children}
        {citizen?.phones.length === 0 || (citizen === null && !hasCaller) ? (
          <p>
            {citizen?.address
              ? t('work.offices.affected.write', { address: inOneLine(citizen.address) })
              : t('work.offices.affected.noNumber')}
          </p>
        ) : null}
      </div>
      <div className={cx(s.ways)}>
        {citizen?.phones.map(({ number }) => (
          <Button
            key={number}
            size="small"
            className="n"
            icon={<Phone size={15} aria-hidden="true" />}
            isDisabled={!canDial}
            aria-label={t('work.offices.affected.callThis', { who, number })}
            onPress={() => onCall(() => desk.offices.call({ citizenId: citizen.id, number }), citizen.id)}
          >
            {t('work.offices.affected.call', { number })}
          </Button>
        ))}
        {citizen === null && hasCaller && contactId !== null ? (
          <Button
            size="small"
            icon={<Phone size={15} aria-hidden="true" />}
            isDisabled={!canDial}
            onPress={() => onCall(() => desk.offices.call({ contactId }), null)}
          >
            {t('work.offices.affected.callCaller')}
          </Button>
        ) : null}
        {citizen && onShow ? (
          <Button
            size="small"
            look="quiet"
            aria-label={t('work.offices.affected.showThis', { who })}
            onPress={() => onShow(citizen.id)}
          >
            {t('work.offices.affected.show')}
          </Button>
        ) : null}
      </div>
    </li>
  )
}

/** What took the place of what is lost, and what told of the loss. */
function Became({ rebooked, told }: Pick<ShownAffected, 'rebooked' | 'told'>) {
  const { t } = useTranslation()
  const names = useReferenceNames()
  const formatOf = useOfficeFormat()
  return (
    <>
      {rebooked ? (
        <p className="n">
          <Tag tone="green">
            {t('work.offices.affected.rebooked', {
              when: `${formatOf(rebooked.officeId).shortDay(rebooked.startsAt)}, ${formatOf(rebooked.officeId).time(rebooked.startsAt)}`,
              office: names.office(rebooked.officeId),
            })}
          </Tag>
        </p>
      ) : null}
      {told.length === 0 ? <p>{t('work.offices.affected.untold')}</p> : null}
      {told.map((one) => (
        <Told key={`${one.channel} ${one.dueAt} ${one.state}`} told={one} />
      ))}
    </>
  )
}

const inOneLine = ({ street, municipality }: Address): string =>
  [street, municipality].filter(Boolean).join(', ')

function Told({ told }: { told: ShownAffected['told'][number] }) {
  const { t } = useTranslation()
  const format = useFormat()
  const now = useMinute()
  const { state, reason, recipient, sentAt, channel } = told
  const isLost = state === 'failed' || state === 'dropped'
  const how = becameOf(told)
  const words = t(`work.tickets.history.delivery.${how}`, {
    to: recipient ?? t('work.tickets.history.delivery.nobody'),
    why: t(`work.booking.messageReason.${reason ?? 'unexpected'}`),
    when: sentAt === null ? '' : format.when(sentAt, now),
  })
  return (
    <p className={cx(s.told)}>
      <Tag
        tone={isLost ? 'red' : how === 'sent' ? 'green' : 'plain'}
        icon={isLost ? <X aria-hidden="true" /> : null}
      >
        {t(`work.booking.channel.${channel}`)}: {words}
      </Tag>
    </p>
  )
}
