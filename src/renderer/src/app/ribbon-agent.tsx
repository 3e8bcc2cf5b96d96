import { Plus } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { type AgentView, type DesiredState, differs, extensionSeconds } from '#contract/domain/agent.ts'
import { attempt } from '../host/attempt.ts'
import { useDesk } from '../host/desk.tsx'
import { useLive } from '../host/live-store.ts'
import { Button } from '../ui/button.tsx'
import { cx } from '../ui/cx.ts'
import { clock } from '../ui/format.ts'
import { useNow } from '../ui/now.ts'
import { useShortcut } from '../ui/shortcuts.ts'
import { useSettled } from '../ui/use-settled.ts'
import s from './call.module.css'
import { useSetDesired } from './use-set-desired.ts'

export function useDesiredWords(): (desired: DesiredState) => string {
  const { t } = useTranslation()
  return (desired) =>
    desired.kind === 'ready' ? t('desk.agent.ready') : t(`desk.agent.reason.${desired.reason}`)
}

/** How long the wrap-up has gone on, when it ends by itself and what follows; more time for one key. */
export function AfterCall({ contactId, endedAt }: { contactId: string; endedAt: string | null }) {
  const { t } = useTranslation()
  const { desk } = useDesk()
  const now = useNow()
  const agent = useLive((state) => state.agent)
  const say = useDesiredWords()
  const own = agent?.afterCallWork?.contactId === contactId ? agent.afterCallWork : null
  const timed = own?.until != null
  const extend = () =>
    void attempt('extend', () => desk.agent.extendAfterCallWork({ seconds: extensionSeconds }))
  useShortcut('extend', extend, timed)
  const since = own?.since ?? endedAt
  if (!since || !agent) return null
  const then = say(agent.next ?? agent.desired).toLowerCase()
  return (
    <>
      <span className={cx(s.timer, 'n')} role="timer" aria-label={t('desk.call.afterFor')}>
        {clock(now - Date.parse(since))}
      </span>
      <span className={cx(s.after)}>
        {t('desk.call.after')}
        {own?.until ? (
          <small className="n">
            {t('desk.agent.afterwardsIn', {
              state: then,
              time: clock(Math.max(0, Date.parse(own.until) - now)),
            })}
          </small>
        ) : null}
      </span>
      {timed ? (
        <Button
          size="small"
          look="quiet"
          icon={<Plus size={15} aria-hidden="true" />}
          shortcut="extend"
          onPress={extend}
        >
          {t('desk.agent.extend')}
        </Button>
      ) : null}
    </>
  )
}

/** What the queue made of a call that came to nothing. */
const undone: readonly string[] = ['missed', 'refused', 'unreachable']

export const isKept = (agent: AgentView | null): boolean =>
  agent !== null && agent.kept !== null && undone.includes(agent.kept.reason)

/** The queue passes no calls after a missed one: said wherever the operator is, undone with one key. */
export function KeptFromCalls() {
  const { t } = useTranslation()
  const agent = useLive((state) => state.agent)
  const setDesired = useSetDesired()
  const ready = () => setDesired({ kind: 'ready' })
  const kept = isKept(agent)
  useShortcut('goReady', ready, kept)
  if (!kept || !agent?.kept) return null
  return (
    <Button size="small" shortcut="goReady" onPress={ready}>
      {t('start.idle.goReady')}
    </Button>
  )
}

/** The queue's word where it is another than the operator's, once it has had time to follow. */
export function useQueueSays(): AgentView['engine']['kind'] | null {
  const agent = useLive((state) => state.agent)
  const apart = useSettled(agent !== null && differs(agent), 700)
  return apart && agent ? agent.engine.kind : null
}
