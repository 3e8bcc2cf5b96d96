import { useQuery } from '@tanstack/react-query'
import { BookOpen } from 'lucide-react'
import type { ReactNode } from 'react'
import { undecidedUntil, type Work } from '#contract/desk.ts'
import { type AgentView, type DesiredState, notReadyReasons } from '#contract/domain/agent.ts'
import { cityDayOf } from '#contract/domain/calendar.ts'
import { formatNumber } from '#contract/domain/phone-number.ts'
import { useRefusal } from '../../host/attempt.ts'
import { useDesk } from '../../host/desk.tsx'
import { useLive } from '../../host/live-store.ts'
import { useTranslation } from '../../i18n/use-translation.ts'
import { Button } from '../../ui/button.tsx'
import { cx } from '../../ui/cx.ts'
import { useFaultText } from '../../ui/fault-text.tsx'
import { cityDay } from '../../ui/format.ts'
import headings from '../../ui/heading.module.css'
import { isAboutVoice, nextStepOf } from '../../ui/next-step.ts'
import { Notice } from '../../ui/notice.tsx'
import { useMinute } from '../../ui/now.ts'
import { useShortcut } from '../../ui/shortcuts.ts'
import { useFormat, useWords } from '../../ui/use-format.ts'
import { useSettled } from '../../ui/use-settled.ts'
import { hintOfDay } from './hint.ts'
import s from './idle.module.css'
import { MicrophoneNotice } from './microphone-notice.tsx'
import { restAsChosen, restOf } from './rest.ts'
import { SelfTest } from './self-test.tsx'

/** The desk at rest: whether calls come, why not, what waits. */
export function Idle({
  agent,
  givenName,
  differs,
  unfinished,
  onDesired,
  onOpenWork,
  onOpenSettings,
  onOpenArticle,
  conflicts,
  outbox,
}: {
  agent: AgentView
  givenName: string
  differs: boolean
  unfinished: readonly Work[]
  onDesired: (desired: DesiredState) => void
  onOpenWork: (contactId: string) => void
  onOpenSettings: () => void
  onOpenArticle: (articleId: string) => void
  /** What asks for a choice, above all. */
  conflicts: ReactNode
  outbox: ReactNode
}) {
  const { t } = useTranslation()
  const format = useFormat()
  const say = useFaultText()
  const microphone = useLive((state) => state.truth?.microphone)
  const refusal = useRefusal((state) => state.refusal)
  const { desired, engine } = agent
  const followed = useSettled(differs, 700)
  const rest = followed ? restOf(agent) : restAsChosen(agent)
  const starting = rest.kind === 'start'
  const offersReady = starting || rest.kind === 'not-ready' || rest.kind === 'kept'
  // Why ready was refused is said beside its button, not twice; a permission that can be given has its own notice.
  const saidBelow =
    offersReady && refusal?.deed === 'ready' && isAboutVoice(refusal.fault.code) && microphone !== 'prompt'
  const goReady = () => onDesired({ kind: 'ready' })
  useShortcut('goReady', goReady, offersReady)
  const wanted = desired.kind === 'ready' ? t('desk.agent.ready') : t(`desk.agent.reason.${desired.reason}`)
  const since = format.time(engine.since)
  const [title, body] = ((): [string, string] => {
    switch (rest.kind) {
      case 'start':
        return [t('start.idle.startTitle', { name: givenName }), t('start.idle.startBody')]
      case 'ready':
        return [t('start.idle.readyTitle'), t('start.idle.readyBody')]
      case 'not-ready':
        return [t('start.idle.notReadyTitle'), t('start.idle.notReadyBody', { reason: wanted.toLowerCase() })]
      case 'still-ready':
        return [t('start.idle.stillReadyTitle'), t('start.idle.stillReadyBody', { desired: wanted, since })]
      case 'unheard':
        return [t('start.idle.unheardTitle'), t('start.idle.unheardBody', { since })]
      case 'kept':
        return [t('start.idle.keptTitle'), t(`start.idle.kept.${rest.reason}`, { since })]
    }
  })()
  return (
    <div>
      {conflicts}
      <h1 className={cx(headings.page)}>{title}</h1>
      <p className={cx(s.lede)}>{body}</p>
      <div className={cx(s.notices)}>
        {saidBelow ? null : <MicrophoneNotice onOpenSettings={onOpenSettings} />}
        {engine.kind === 'unknown' && followed && rest.kind !== 'unheard' ? (
          <Notice>{t('start.idle.differsUnknown', { desired: wanted, since })}</Notice>
        ) : null}
      </div>
      <div className={cx(s.state)}>
        {offersReady ? (
          <>
            <div className={cx(s.reasons)}>
              <Button look="primary" size="large" shortcut="goReady" onPress={goReady}>
                {starting ? t('start.idle.start') : t('start.idle.goReady')}
              </Button>
              {starting ? (
                <Button size="large" onPress={onOpenSettings}>
                  {t('start.idle.tryAudio')}
                </Button>
              ) : null}
            </div>
            {refusal?.deed === 'ready' ? (
              <div className={cx(s.beside)}>
                <Notice
                  tone="red"
                  title={say(refusal.fault)}
                  actions={
                    isAboutVoice(refusal.fault.code) ? (
                      <Button size="small" onPress={onOpenSettings}>
                        {t('start.idle.micAction')}
                      </Button>
                    ) : null
                  }
                >
                  {t(`refusals.next.${nextStepOf(refusal.fault.code)}`)}
                </Notice>
              </div>
            ) : null}
          </>
        ) : null}
        {desired.kind === 'ready' || rest.kind === 'still-ready' ? (
          <>
            <span className={cx(s.label)} id="pause-label">
              {t('start.idle.pause')}
            </span>
            {/* biome-ignore lint/a11y/useSemanticElements: buttons of one kind, not fields of a form */}
            <div className={cx(s.reasons)} role="group" aria-labelledby="pause-label">
              {notReadyReasons.map((reason) => (
                <Button key={reason} size="small" onPress={() => onDesired({ kind: 'not-ready', reason })}>
                  {t(`desk.agent.reason.${reason}`)}
                </Button>
              ))}
            </div>
          </>
        ) : null}
      </div>
      {unfinished.length > 0 ? (
        <section aria-labelledby="to-finish">
          <h2 className={cx(s.head)} id="to-finish">
            {t('start.idle.waiting')}
          </h2>
          <ul className={cx(s.list)}>
            {unfinished.map((work) => (
              <Unfinished key={work.contactId} work={work} onOpen={() => onOpenWork(work.contactId)} />
            ))}
          </ul>
        </section>
      ) : null}
      {outbox}
      {offersReady ? <SelfTest /> : null}
      <Hint onOpen={onOpenArticle} />
    </div>
  )
}

const warnMs = 60 * 86_400_000

/** Before it goes by itself, whoever can still close it is told. */
function Unfinished({ work, onOpen }: { work: Work; onOpen: () => void }) {
  const { t } = useTranslation()
  const format = useFormat()
  const now = useMinute()
  const who = work.remote.number ? formatNumber(work.remote.number) : t('common.withheldNumber')
  const when = format.when(work.startedAt, now)
  const goesAt = undecidedUntil(work.savedAt)
  return (
    <li>
      <div>
        <b className="n">{who}</b>
        <p>{work.draft.note || t('start.idle.unfinished')}</p>
        {Date.parse(goesAt) - now < warnMs ? (
          <p className="n">{t('start.idle.goesOn', { date: format.dateLong(cityDayOf(goesAt)) })}</p>
        ) : null}
      </div>
      <span className={cx(s.when, 'n')}>{when}</span>
      <Button size="small" onPress={onOpen} aria-label={t('desk.foot.open', { who, when })}>
        {t('start.idle.open')}
      </Button>
    </li>
  )
}

function Hint({ onOpen }: { onOpen: (articleId: string) => void }) {
  const { t } = useTranslation()
  const words = useWords()
  const { queries } = useDesk()
  const now = useMinute()
  const { data } = useQuery(queries.reference)
  const hint = data ? hintOfDay(data.articles, cityDay(now)) : null
  if (!hint) return null
  return (
    <section aria-labelledby="hint">
      <h2 className={cx(s.head)} id="hint">
        {t('start.idle.hint')}
      </h2>
      <div className={cx(s.hint)}>
        <BookOpen size={18} aria-hidden="true" />
        <div>
          <b>{words(hint.article.title)}</b>
          <p>{words(hint.section.body)}</p>
          <Button look="link" size="small" onPress={() => onOpen(hint.article.id)}>
            {t('start.idle.hintAction')}
          </Button>
        </div>
      </div>
    </section>
  )
}
