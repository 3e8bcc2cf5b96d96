import { useQuery } from '@tanstack/react-query'
import { Check, CircleSlash, Clock, MailWarning, Pause, TriangleAlert } from 'lucide-react'
import type { TicketClock } from '#contract/crm-tickets.ts'
import type { ListedClock } from '#contract/desk-tickets.ts'
import type { ClockStep } from '#contract/domain/reply-term.ts'
import { useDesk } from '../../host/desk.tsx'
import { useTranslation } from '../../i18n/use-translation.ts'
import { cx } from '../../ui/cx.ts'
import { Tag } from '../../ui/tag.tsx'
import { useFormat, useWords } from '../../ui/use-format.ts'
import s from './tickets.module.css'

/** How many days are left, in words. */
function useClockWords(): (clock: ListedClock) => string {
  const { t } = useTranslation()
  return ({ state, days }) => {
    switch (state) {
      case 'running':
        return days === 0 ? t('work.tickets.clock.today') : t('work.tickets.clock.running', { count: days })
      case 'late':
        return t('work.tickets.clock.late', { count: -days })
      case 'stopped':
        return t('work.tickets.clock.stopped', { count: days })
      case 'met':
        return days < 0 ? t('work.tickets.clock.metLate', { count: -days }) : t('work.tickets.clock.met')
      case 'ended':
        return t('work.tickets.clock.ended')
    }
  }
}

const soonDays = 5
const toneOf = ({ state, days }: ListedClock): 'plain' | 'green' | 'amber' | 'red' =>
  state === 'late'
    ? 'red'
    : state === 'met'
      ? 'green'
      : state === 'running' && days <= soonDays
        ? 'amber'
        : 'plain'
const icons = {
  running: <Clock aria-hidden="true" />,
  late: <TriangleAlert aria-hidden="true" />,
  stopped: <Pause aria-hidden="true" />,
  met: <Check aria-hidden="true" />,
  ended: <CircleSlash aria-hidden="true" />,
}

export function ClockTag({ clock }: { clock: ListedClock }) {
  const { t } = useTranslation()
  const say = useClockWords()
  return (
    <>
      <Tag tone={toneOf(clock)} icon={icons[clock.state]}>
        <span className="n">{say(clock)}</span>
      </Tag>
      {clock.unsent ? (
        <Tag tone="amber" icon={<MailWarning aria-hidden="true" />}>
          {t('work.tickets.clock.unsent')}
        </Tag>
      ) : null}
    </>
  )
}

/** The last day to answer, and why it is that day. */
export function ClockView({ clock, reopened }: { clock: TicketClock; reopened: boolean }) {
  const { t } = useTranslation()
  const format = useFormat()
  const step = useStepWords()
  return (
    <section className={cx(s.part)} aria-labelledby="ticket-clock">
      <h2 id="ticket-clock">{t('work.tickets.clock.title')}</h2>
      <p className={cx(s.due)}>
        <b className="n">{t('work.tickets.clock.due', { date: format.dateLong(clock.dueOn) })}</b>
        <ClockTag clock={clock} />
      </p>
      <details className={cx(s.why)}>
        <summary>{t('work.tickets.clock.why')}</summary>
        <ol>
          {clock.steps.map((one) => (
            <li key={JSON.stringify(one)} className="n">
              {step(one)}
            </li>
          ))}
        </ol>
        {reopened ? <p>{t('work.tickets.clock.reopened')}</p> : null}
        {clock.unsent || (clock.state !== 'running' && clock.state !== 'stopped') ? null : (
          <p className="n">
            {t('work.tickets.clock.left', {
              suspension: clock.suspensionLeft,
              extension: clock.extensionLeft,
            })}
          </p>
        )}
      </details>
    </section>
  )
}

function useStepWords(): (step: ClockStep) => string {
  const { t } = useTranslation()
  const format = useFormat()
  const words = useWords()
  const { queries } = useDesk()
  const holidays = useQuery(queries.reference).data?.rulebook?.calendar.holidays
  const date = (day: string) => format.dateDayMonth(day)
  return (one) => {
    switch (one.step) {
      case 'received':
        return t('work.tickets.clock.step.received', { on: date(one.on) })
      case 'term':
        return t('work.tickets.clock.step.term', { days: one.days, source: one.source, end: date(one.end) })
      case 'suspended': {
        const { days, reason, beyond } = one
        const said =
          one.to === null
            ? t('work.tickets.clock.step.suspending', {
                from: date(one.from),
                days,
                reason,
                end: date(one.end),
              })
            : t('work.tickets.clock.step.suspended', {
                ...{ from: date(one.from), to: date(one.to), days, reason, end: date(one.end) },
              })
        return beyond > 0 ? `${said} ${t('work.tickets.clock.step.beyond', { beyond })}` : said
      }
      case 'extended': {
        const { days, reason } = one
        return t('work.tickets.clock.step.extended', { days, on: date(one.on), reason, end: date(one.end) })
      }
      case 'moved': {
        const named = holidays?.find(({ id }) => id === one.holiday)
        const holiday = named ? words(named.name) : (one.holiday ?? t('work.tickets.clock.step.restDay'))
        return t('work.tickets.clock.step.moved', { from: format.dateShort(one.from), holiday })
      }
    }
  }
}
