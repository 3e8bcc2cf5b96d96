import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Checkbox, CheckboxGroup } from 'react-aria-components'
import type { CitizenMessage } from '#contract/domain/message.ts'
import { useDesk } from '../../host/desk.tsx'
import { useTranslation } from '../../i18n/use-translation.ts'
import { announce } from '../../ui/announce.tsx'
import { Button } from '../../ui/button.tsx'
import checks from '../../ui/check.module.css'
import { cx } from '../../ui/cx.ts'
import { FaultNotice } from '../../ui/fault-notice.tsx'
import { Waiting } from '../../ui/notice.tsx'
import { useMinute } from '../../ui/now.ts'
import { useFormat } from '../../ui/use-format.ts'
import { FailedAsking } from './failed-asking.tsx'
import s from './offices.module.css'
import { useAsk } from './use-ask.ts'

/** Of all offices: what should have gone out and did not. */
export function FailedMessages() {
  const { t } = useTranslation()
  const { queries } = useDesk()
  const { data, error, refetch } = useQuery(queries.failedMessages)
  return (
    <section aria-labelledby="failed" className={cx(s.failed)}>
      <div className={cx(s.bar)}>
        <h2 id="failed">{t('work.offices.failed.title')}</h2>
      </div>
      {error ? (
        <FailedAsking error={error} onAgain={refetch} />
      ) : !data ? (
        <Waiting label={t('common.loading')} rows={2} />
      ) : data.length === 0 ? (
        <p className={cx(s.about)}>{t('work.offices.failed.none')}</p>
      ) : (
        <Resend messages={data} />
      )}
    </section>
  )
}

function Resend({ messages }: { messages: readonly CitizenMessage[] }) {
  const { t } = useTranslation()
  const { desk } = useDesk()
  const [marked, setMarked] = useState<readonly string[]>([])
  const { going, fault, ask } = useAsk()
  const chosen = messages.filter(({ id }) => marked.includes(id)).map(({ id }) => id)
  const resend = () =>
    ask(async () => {
      const { ids } = await desk.offices.resend({ ids: chosen })
      announce(t('work.offices.failed.resent', { count: ids.length }))
      setMarked([])
    })
  return (
    <>
      <Checkbox
        className={cx(checks.check)}
        isSelected={chosen.length === messages.length}
        isIndeterminate={chosen.length > 0 && chosen.length < messages.length}
        onChange={(on) => setMarked(on ? messages.map(({ id }) => id) : [])}
      >
        <span className={cx(checks.box)} aria-hidden="true" />
        {t('work.offices.failed.all')}
      </Checkbox>
      <CheckboxGroup
        className={cx(s.messages)}
        aria-labelledby="failed"
        value={[...marked]}
        onChange={setMarked}
      >
        {messages.map((message) => (
          <Message key={message.id} message={message} />
        ))}
      </CheckboxGroup>
      <FaultNotice fault={fault} />
      <div className={cx(s.out)}>
        <Button size="small" isDisabled={chosen.length === 0} isPending={going} onPress={() => void resend()}>
          {chosen.length === 0
            ? t('work.offices.failed.choose')
            : t('work.offices.failed.resend', { count: chosen.length })}
        </Button>
      </div>
    </>
  )
}

function Message({ message }: { message: CitizenMessage }) {
  const { t } = useTranslation()
  const format = useFormat()
  const now = useMinute()
  const { id, kind, channel, recipient, reason, dueAt } = message
  return (
    <Checkbox value={id} className={cx(checks.check, s.message)}>
      <span className={cx(checks.box)} aria-hidden="true" />
      <span>
        {t('work.offices.failed.line', {
          kind: t(`work.offices.failed.kind.${kind}`),
          channel: t(`work.booking.channel.${channel}`),
          to: recipient ?? t('work.offices.failed.nobody'),
        })}
      </span>
      <span className={cx(s.why)}>
        {t(`work.booking.messageReason.${reason ?? 'unexpected'}`)}, {format.when(dueAt, now)}
      </span>
    </Checkbox>
  )
}
