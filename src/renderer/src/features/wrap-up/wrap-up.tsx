import { useQuery } from '@tanstack/react-query'
import { Check } from 'lucide-react'
import { useState } from 'react'
import { Label, Radio, RadioGroup, ToggleButton } from 'react-aria-components'
import { useTranslation } from 'react-i18next'
import type { Work } from '#contract/desk.ts'
import type { DesiredState } from '#contract/domain/agent.ts'
import {
  identifies,
  type Outcome,
  outcomes,
  type TriedBefore,
  triedBefore,
} from '#contract/domain/contact.ts'
import type { FaultData } from '#contract/errors.ts'
import { type Unconfirmed, unconfirmedIn } from '#contract/unconfirmed.ts'
import { useDesk, useDraft } from '../../host/desk.tsx'
import { toFault } from '../../host/fault.ts'
import { useTopics } from '../../host/use-topics.ts'
import { announce } from '../../ui/announce.tsx'
import { Button } from '../../ui/button.tsx'
import { cx } from '../../ui/cx.ts'
import { FaultNotice } from '../../ui/fault-notice.tsx'
import { Field } from '../../ui/field.tsx'
import { Finder } from '../../ui/finder.tsx'
import { Kbd } from '../../ui/kbd.tsx'
import type { KeyId } from '../../ui/keys.ts'
import { Choice } from '../../ui/select.tsx'
import { useShortcut } from '../../ui/shortcuts.ts'
import { Tag } from '../../ui/tag.tsx'
import { toldKey } from '../../ui/told-key.ts'
import { proposalOf, toggleTried } from './proposal.ts'
import { UnconfirmedWork } from './unconfirmed.tsx'
import s from './wrap-up.module.css'

const themselves = 'themselves'

const outcomeKeys: Record<Outcome, KeyId> = {
  resolved: 'outcome1',
  appointment: 'outcome2',
  request: 'outcome3',
  specialist: 'outcome4',
  callback: 'outcome5',
  dropped: 'outcome6',
}
const triedKeys: Record<TriedBefore, KeyId> = {
  office: 'triedOffice',
  website: 'triedWebsite',
  'web-search': 'triedWebSearch',
  call: 'triedCall',
  whatsapp: 'triedWhatsapp',
  newsstand: 'triedNewsstand',
  fascicolo: 'triedFascicolo',
  nothing: 'triedNothing',
}

/** How it went: one key a line, then Enter. The only place where bare keys count, and only while nothing is typed. */
export function WrapUp({
  work,
  person,
  others,
  reserved,
  onClosed,
  onResume,
}: {
  work: Work
  person: string | null
  /** Who else it may be about: the others of the number that called. */
  others: readonly { id: string; name: string }[]
  /** Chosen in the call for afterwards: the first way to close leads there. */
  reserved: DesiredState | null
  onClosed: (contactId: string) => void
  /** Back to what was begun and not confirmed. */
  onResume: (what: Unconfirmed) => void
}) {
  const { t } = useTranslation()
  const topics = useTopics()
  const { desk, queries } = useDesk()
  const { draft, keeper } = useDraft(work)
  const reference = useQuery(queries.reference).data
  const made = useQuery(queries.made(work.contactId)).data
  const [choosing, setChoosing] = useState(false)
  const [tried, setTried] = useState(false)
  const [sending, setSending] = useState(false)
  const [fault, setFault] = useState<FaultData | null>(null)
  const { topicId, from, outcome } = proposalOf(draft.wrapUp, made ?? null, reference?.services ?? [])
  const topic = topics.topic(topicId)
  const left = unconfirmedIn(draft)

  const set = (wrapUp: Partial<typeof draft.wrapUp>) =>
    keeper.edit((before) => ({ ...before, wrapUp: { ...before.wrapUp, ...wrapUp } }))
  const choose = (value: Outcome) => set({ outcome: value })
  const toggle = (way: TriedBefore) => set({ triedBefore: toggleTried(draft.wrapUp.triedBefore, way) })
  const close = async (next: DesiredState) => {
    setTried(true)
    if (outcome === null || left.length > 0 || sending) return
    setSending(true)
    setFault(null)
    try {
      set({ outcome, topicId })
      await keeper.flush()
      await desk.work.close({ contactId: work.contactId, next })
      announce(t('desk.done.closed'))
      onClosed(work.contactId)
    } catch (error) {
      setFault(toFault(error))
      setSending(false)
    }
  }
  const first = reserved ?? { kind: 'ready' as const }
  const ready = () => void close(first)
  const pause = () => void close({ kind: 'not-ready', reason: 'break' })
  useShortcut('outcome1', () => choose('resolved'))
  useShortcut('outcome2', () => choose('appointment'))
  useShortcut('outcome3', () => choose('request'))
  useShortcut('outcome4', () => choose('specialist'))
  useShortcut('outcome5', () => choose('callback'))
  useShortcut('outcome6', () => choose('dropped'))
  useShortcut('triedOffice', () => toggle('office'))
  useShortcut('triedWebsite', () => toggle('website'))
  useShortcut('triedWebSearch', () => toggle('web-search'))
  useShortcut('triedCall', () => toggle('call'))
  useShortcut('triedWhatsapp', () => toggle('whatsapp'))
  useShortcut('triedNewsstand', () => toggle('newsstand'))
  useShortcut('triedFascicolo', () => toggle('fascicolo'))
  useShortcut('triedNothing', () => toggle('nothing'))
  useShortcut('changeTopic', () => setChoosing(true))
  useShortcut('closeReady', ready)
  useShortcut('closePause', pause)
  useShortcut('confirm', ready)
  return (
    <>
      <div className={cx(s.scroll)}>
        <div className={cx(s.head)}>
          <h2>{t('work.wrapUp.title')}</h2>
          <span>
            {t('work.wrapUp.how')} <Kbd id="closeReady" />
          </span>
        </div>

        <div className={cx(s.row)}>
          <span className={cx(s.label)}>{t('work.wrapUp.topic')}</span>
          <span className={cx(s.side)}>{t(`work.wrapUp.topicFrom.${from}`)}</span>
        </div>
        {choosing || !topic ? (
          <Finder
            label={t('work.wrapUp.topic')}
            hideLabel
            placeholder={t('work.request.topicPlaceholder')}
            none={t('work.request.topicNone')}
            autoFocus={choosing}
            items={topics.findable}
            onChoose={(id) => {
              set({ topicId: id })
              setChoosing(false)
            }}
          />
        ) : (
          <div className={cx(s.topic)}>
            <b>{[topic.detail, topic.name].filter(Boolean).join(', ')}</b>
            <Button look="link" size="small" shortcut="changeTopic" onPress={() => setChoosing(true)}>
              {t('work.wrapUp.changeTopic')}
            </Button>
          </div>
        )}

        <RadioGroup
          className={cx(s.group)}
          value={outcome}
          onChange={(value) => {
            const next = outcomes.find((one) => one === value)
            if (next) choose(next)
          }}
          isInvalid={tried && outcome === null}
        >
          <Label className={cx(s.label)}>{t('work.wrapUp.outcomeLabel')}</Label>
          <div className={cx(s.outcomes)}>
            {outcomes.map((one) => (
              <Radio
                key={one}
                value={one}
                className={cx(s.option)}
                aria-label={t(`work.wrapUp.outcome.${one}`)}
              >
                <Kbd id={outcomeKeys[one]} />
                {t(`work.wrapUp.outcome.${one}`)}
                {outcome === one ? <Check size={16} aria-hidden="true" /> : null}
              </Radio>
            ))}
          </div>
          {tried && outcome === null ? (
            <p className={cx(s.error)} role="alert">
              {t('work.wrapUp.needsOutcome')}
            </p>
          ) : null}
        </RadioGroup>

        <div className={cx(s.group)}>
          <div className={cx(s.row)}>
            <span className={cx(s.label)} id="tried-before">
              {t('work.wrapUp.tried')}
            </span>
            <span className={cx(s.side)}>{t('work.wrapUp.triedMax')}</span>
          </div>
          {/* biome-ignore lint/a11y/useSemanticElements: toggles that act at once, no fields of a form */}
          <div className={cx(s.ways)} role="group" aria-labelledby="tried-before">
            {triedBefore.map((way) => {
              const on = draft.wrapUp.triedBefore.includes(way)
              return (
                <ToggleButton
                  key={way}
                  className={cx(s.option, s.low)}
                  isSelected={on}
                  onChange={() => toggle(way)}
                  ref={toldKey(triedKeys[way])}
                >
                  <Kbd id={triedKeys[way]} />
                  {t(`work.wrapUp.triedBefore.${way}`)}
                  {on ? <Check size={16} aria-hidden="true" /> : null}
                </ToggleButton>
              )
            })}
          </div>
          {draft.wrapUp.triedBefore.some((way) => way !== 'nothing') ? (
            <Field
              className={cx(s.detail)}
              label={t('work.wrapUp.triedDetail')}
              maxLength={200}
              value={draft.wrapUp.triedDetail}
              onChange={(triedDetail) => set({ triedDetail })}
            />
          ) : null}
        </div>

        {others.length > 0 ? (
          <div className={cx(s.group)}>
            <Choice
              label={t('work.wrapUp.onBehalfOf')}
              value={draft.onBehalfOf ?? themselves}
              onChange={(id) =>
                keeper.edit((before) => ({ ...before, onBehalfOf: id === themselves ? null : id }))
              }
              options={[{ id: themselves, name: t('work.wrapUp.themselves') }, ...others]}
            />
          </div>
        ) : null}

        <div className={cx(s.ident)}>
          <b>{person ?? t('work.wrapUp.nobody')}</b>
          <Tag
            tone={identifies(draft.identification) ? 'green' : 'plain'}
            {...(identifies(draft.identification) ? { icon: <Check aria-hidden="true" /> } : {})}
          >
            {identifies(draft.identification) ? t('person.story.verified') : t('person.story.unverified')}
          </Tag>
          {draft.identification === 'none' ? null : (
            <span>
              {t('person.story.with', { method: t(`person.story.method.${draft.identification}`) })}
            </span>
          )}
        </div>
        <FaultNotice fault={fault} />
      </div>
      <UnconfirmedWork work={work} left={left} refused={tried} onResume={onResume} />
      <div className={cx(s.foot)}>
        <Button look="primary" size="large" shortcut="closeReady" onPress={ready} isPending={sending}>
          {first.kind === 'ready'
            ? t('work.wrapUp.closeReady')
            : t('work.wrapUp.closeThen', { state: t(`desk.agent.reason.${first.reason}`).toLowerCase() })}
        </Button>
        {first.kind === 'not-ready' && first.reason === 'break' ? null : (
          <Button look="quiet" size="large" shortcut="closePause" onPress={pause}>
            {t('work.wrapUp.closePause')}
          </Button>
        )}
      </div>
    </>
  )
}
