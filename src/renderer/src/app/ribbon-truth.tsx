import { CloudOff, MicOff, PhoneMissed, TriangleAlert } from 'lucide-react'
import type { ReactNode } from 'react'
import { Button as AriaButton, Dialog, DialogTrigger, Heading, Popover } from 'react-aria-components'
import type { SystemTruth } from '#contract/desk.ts'
import type { User } from '#contract/domain/agent.ts'
import { useDesk } from '../host/desk.tsx'
import { useLive } from '../host/live-store.ts'
import { useTranslation } from '../i18n/use-translation.ts'
import { Button } from '../ui/button.tsx'
import { cx } from '../ui/cx.ts'
import { useFaultText } from '../ui/fault-text.tsx'
import { clock } from '../ui/format.ts'
import { useNow } from '../ui/now.ts'
import { AgentMenu } from './agent-menu.tsx'
import { RebuildCache } from './rebuild-cache.tsx'
import s from './truth.module.css'
import { isAmber, type Mark, markOf } from './truth.ts'
import { showPage } from './use-scene.ts'

/** What the system is, always over the work: queue, one mark with words, the operator's state. */
export function TruthRibbon({ user, offline }: { user: User; offline: boolean }) {
  const { t } = useTranslation()
  const truth = useLive((state) => state.truth)
  const amber = truth !== null && isAmber(markOf(truth))
  return (
    <section className={cx(s.truth, amber && s.away)} aria-label={t('desk.region.truth')}>
      <Queue truth={truth} />
      {truth ? <SystemMark truth={truth} /> : null}
      <AgentMenu user={user} offline={offline} />
    </section>
  )
}

function Queue({ truth }: { truth: SystemTruth | null }) {
  const { t } = useTranslation()
  const now = useNow()
  const queue = truth?.queue
  const figures = queue ? t('desk.truth.queue', { count: queue.waiting }) : t('desk.truth.noQueue')
  const longest = queue?.longestSince
    ? t('desk.truth.longest', { time: clock(now - Date.parse(queue.longestSince)) })
    : t('desk.truth.noneWaits')
  if (truth?.phone.practice) {
    return (
      <div className={cx(s.two)} title={t('desk.truth.practiceBody')}>
        <b>{t('desk.truth.practice')}</b>
        <span className="n">{queue ? `${figures}, ${longest}` : figures}</span>
      </div>
    )
  }
  return (
    <div className={cx(s.two)}>
      <b className="n">{figures}</b>
      <span className="n">{queue ? longest : ''}</span>
    </div>
  )
}

const icons: Partial<Record<Mark, ReactNode>> = {
  'crm-away': <CloudOff size={18} aria-hidden="true" />,
  'phone-away': <PhoneMissed size={18} aria-hidden="true" />,
  'phone-refused': <PhoneMissed size={18} aria-hidden="true" />,
  'phone-off': <PhoneMissed size={18} aria-hidden="true" />,
  'phone-elsewhere': <PhoneMissed size={18} aria-hidden="true" />,
  microphone: <MicOff size={18} aria-hidden="true" />,
}

/** "4 min", "1:20 h": how long something is away, by the minute. */
const away = (since: string, now: number): string => {
  const minutes = Math.max(0, Math.floor((now - Date.parse(since)) / 60_000))
  if (minutes === 0) return '< 1 min'
  return minutes < 60
    ? `${minutes} min`
    : `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, '0')} h`
}

function SystemMark({ truth }: { truth: SystemTruth }) {
  const { t } = useTranslation()
  const { desk } = useDesk()
  const now = useNow()
  const mark = markOf(truth)
  const { pending, refused } = truth.outbox
  const outbox = [
    pending > 0 ? t('desk.truth.pending', { count: pending }) : null,
    refused > 0 ? t('desk.truth.conflicts', { count: refused }) : null,
  ]
    .filter(Boolean)
    .join(', ')
  const title: Record<Mark, string> = {
    well: t('desk.truth.allWell'),
    'phone-refused': t('desk.truth.phoneRefused'),
    'phone-away': t('desk.truth.phoneAway', { time: away(truth.phone.since, now) }),
    'phone-off': t('desk.truth.phoneOff'),
    'phone-elsewhere': t('desk.truth.phoneElsewhere'),
    'phone-connecting': t('desk.truth.phoneConnecting'),
    microphone: t('desk.truth.microphone'),
    'crm-away': truth.crm.fault
      ? t('desk.truth.crmOther')
      : t('desk.truth.crmAway', { time: away(truth.crm.since, now) }),
    'cache-blocked': t('desk.truth.cacheBlocked'),
    conflict: t('desk.truth.conflicts', { count: refused }),
    'crm-connecting': t('desk.truth.crmConnecting'),
  }
  const under =
    mark === 'conflict'
      ? t('desk.truth.toChoose')
      : mark === 'well'
        ? outbox || t('desk.truth.allWellDetail')
        : outbox || t('desk.truth.nothingWaits')
  return (
    <DialogTrigger>
      <AriaButton className={cx(s.two, s.system)}>
        {icons[mark] ??
          (isAmber(mark) ? (
            <TriangleAlert size={18} aria-hidden="true" />
          ) : (
            <span className={cx(s.dot, mark !== 'well' && s.dotGrey)} aria-hidden="true" />
          ))}
        <span>
          <b className="n">{title[mark]}</b>
          <span className="n">{under}</span>
        </span>
      </AriaButton>
      <Popover placement="bottom">
        <Dialog className={cx(s.panel)}>
          {({ close }) => (
            <>
              <Heading slot="title" level={2}>
                {t('desk.truth.detail')}
              </Heading>
              <Details truth={truth} now={now} />
              <RebuildCache cache={truth.cache} />
              {truth.phone.practice ? (
                <p className={cx(s.panelNote)}>
                  <b>{t('desk.truth.practice')}.</b> {t('desk.truth.practiceBody')}
                </p>
              ) : null}
              <div className={cx(s.panelActions)}>
                <Button size="small" onPress={() => void desk.system.retry().catch(() => undefined)}>
                  {t('desk.truth.retry')}
                </Button>
                <Button
                  size="small"
                  look="quiet"
                  onPress={() => {
                    close()
                    showPage('outbox')
                  }}
                >
                  {t('desk.truth.openOutbox')}
                </Button>
              </div>
            </>
          )}
        </Dialog>
      </Popover>
    </DialogTrigger>
  )
}

function Details({ truth, now }: { truth: SystemTruth; now: number }) {
  const { t } = useTranslation()
  const fault = useFaultText()
  const { phone, crm, outbox, cache, microphone } = truth
  const retryIn = (at: string | null) =>
    at ? <small className="n">{t('desk.truth.retryIn', { time: clock(Date.parse(at) - now) })}</small> : null
  return (
    <dl className={cx(s.rows)}>
      <div>
        <dt>{t('desk.truth.phone')}</dt>
        <dd>
          {
            {
              registered: phone.line
                ? t('desk.truth.line', { line: phone.line })
                : t('desk.truth.registered'),
              connecting: t('desk.truth.phoneConnecting'),
              away: t('desk.truth.phoneAway', { time: away(phone.since, now) }),
              refused: fault({ kind: 'forbidden', code: 'phone-refused', params: {} }),
              off: t('desk.truth.phoneOff'),
              elsewhere: t('desk.truth.phoneElsewhere'),
            }[phone.state]
          }
          {retryIn(phone.retryAt)}
        </dd>
      </div>
      <div>
        <dt>{t('desk.truth.crm')}</dt>
        <dd>
          {
            {
              reachable: t('desk.truth.reachable'),
              connecting: t('desk.truth.crmConnecting'),
              away: crm.fault ? fault(crm.fault) : t('desk.truth.crmAway', { time: away(crm.since, now) }),
            }[crm.state]
          }
          {retryIn(crm.retryAt)}
        </dd>
      </div>
      <div>
        <dt>{t('desk.truth.outbox')}</dt>
        <dd>
          {outbox.pending === 0 && outbox.refused === 0 && outbox.others === 0
            ? t('desk.truth.nothingWaits')
            : null}
          {outbox.pending > 0 ? t('desk.truth.pending', { count: outbox.pending }) : null}
          {outbox.pending > 0 && outbox.refused > 0 ? ', ' : null}
          {outbox.refused > 0 ? t('desk.truth.conflicts', { count: outbox.refused }) : null}
          {outbox.others > 0 ? (
            <small className="n">{t('desk.truth.others', { count: outbox.others })}</small>
          ) : null}
          {outbox.othersRefused > 0 ? (
            <small className="n">{t('desk.truth.othersRefused', { count: outbox.othersRefused })}</small>
          ) : null}
        </dd>
      </div>
      <div>
        <dt>{t('desk.truth.cache')}</dt>
        <dd>
          {
            {
              ready: t('desk.truth.cacheReady'),
              filling: t('desk.truth.cacheFilling'),
              blocked: cache.fault ? fault(cache.fault) : t('desk.truth.cacheBlocked'),
            }[cache.state]
          }
        </dd>
      </div>
      <div>
        <dt>{t('desk.truth.mic')}</dt>
        <dd>{microphone ? t(`desk.truth.micState.${microphone}`) : t('desk.truth.micUnknown')}</dd>
      </div>
    </dl>
  )
}
