import { type QueryClient, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { Checkbox, Label, Radio, RadioGroup } from 'react-aria-components'
import type { ClosureOutcome } from '#contract/crm-agenda.ts'
import type { ClosedTime, OfferedRecovery } from '#contract/desk-offices.ts'
import type { Office } from '#contract/domain/reference.ts'
import type { FaultData } from '#contract/errors.ts'
import type { DeskClient } from '../../host/connection.ts'
import { useDesk } from '../../host/desk.tsx'
import { toFault } from '../../host/fault.ts'
import { useTranslation } from '../../i18n/use-translation.ts'
import { announce } from '../../ui/announce.tsx'
import { Button } from '../../ui/button.tsx'
import checks from '../../ui/check.module.css'
import choices from '../../ui/choice.module.css'
import { cx } from '../../ui/cx.ts'
import { Field } from '../../ui/field.tsx'
import { Notice } from '../../ui/notice.tsx'
import { parseDay, parseTime } from '../../ui/typed.ts'
import { type ClosingDraft, changed, recoveryOf, timeOf } from './closing.ts'
import { useExampleDay } from './example-day.ts'
import { FailedAsking } from './failed-asking.tsx'
import s from './offices.module.css'
import { RecoveryFields } from './recovery-fields.tsx'
import { dropClosing, editClosing, endGoing, hasClosed, useOffices } from './state.ts'
import { useClosingFault } from './use-words.ts'

const spans = ['days', 'times'] as const
const fates = ['cancel', 'keep'] as const

type Asked = Pick<ClosingDraft, 'id' | 'officeId' | 'reason' | 'bookings'> & {
  time: ClosedTime
  recovery: OfferedRecovery | null
}

/** Closes, also when the form is gone by the time it is done. */
async function close(desk: DeskClient, client: QueryClient, asked: Asked): Promise<FaultData | null> {
  useOffices.setState({ going: asked.id })
  try {
    await desk.offices.close(asked)
    await client.invalidateQueries({ queryKey: ['offices'] })
    hasClosed(asked)
    return null
  } catch (error) {
    endGoing(asked.id)
    return toFault(error)
  }
}

/** Says how many it concerns before the office is closed. */
export function CloseForm({ office, outcomes }: { office: Office; outcomes: readonly ClosureOutcome[] }) {
  const draft = useOffices(({ closings }) => closings[office.id])
  return draft ? <Form office={office} draft={draft} outcomes={outcomes} /> : null
}

function Form({
  office,
  draft,
  outcomes,
}: {
  office: Office
  draft: ClosingDraft
  outcomes: readonly ClosureOutcome[]
}) {
  const { t } = useTranslation()
  const say = useClosingFault()
  const example = useExampleDay()
  const { desk, queries } = useDesk()
  const client = useQueryClient()
  const isGoing = useOffices(({ going }) => going === draft.id)
  const [fault, setFault] = useState<FaultData | null>(null)
  const edit = (change: Partial<ClosingDraft>) => editClosing(office.id, changed(change, fault))
  const time = timeOf(draft)
  const concerned = useQuery({
    ...queries.concerned({ officeId: office.id, time: time ?? emptyTime }),
    enabled: time !== null && !isGoing,
  })
  const count = time === null ? undefined : concerned.data
  const recovers = draft.recovers && draft.bookings === 'cancel'
  const recovery = recovers ? recoveryOf(draft.recovery) : null
  const reason = draft.reason.trim()
  const ready = time !== null && count !== undefined && reason !== '' && (!recovers || recovery !== null)
  const cancels = draft.bookings === 'cancel' && count !== undefined && count > 0
  const dayError = (text: string) =>
    text.trim() !== '' && parseDay(text) === null ? t('work.offices.form.dayWrong', { example }) : null
  const timeError = (text: string) =>
    text.trim() !== '' && parseTime(text) === null ? t('work.offices.form.timeWrong') : null
  const soFar = outcomes.find(({ closure }) => closure.id === draft.id)
  const submit = async () => {
    if (!ready || isGoing) return
    setFault(null)
    const refused = await close(desk, client, {
      ...{ id: draft.id, officeId: draft.officeId, bookings: draft.bookings, reason, time, recovery },
    })
    if (refused) setFault(refused)
    else if (cancels) announce(t('work.offices.one.outcome', { count }))
  }
  return (
    <form
      className={cx(s.form)}
      aria-labelledby="closing"
      onSubmit={(event) => {
        event.preventDefault()
        void submit()
      }}
    >
      <h2 id="closing">{t('work.offices.form.title', { office: office.name })}</h2>
      <RadioGroup
        className={cx(s.choices)}
        orientation="horizontal"
        value={draft.span}
        onChange={(value) => edit({ span: spans.find((one) => one === value) ?? 'days' })}
      >
        <Label className="visually-hidden">{t('work.offices.form.span')}</Label>
        {spans.map((one) => (
          <Radio key={one} value={one} className={cx(choices.choice)}>
            {t(`work.offices.form.${one}`)}
          </Radio>
        ))}
      </RadioGroup>
      <div className={cx(s.fields)}>
        <Field
          label={t('work.offices.form.from')}
          placeholder={example}
          value={draft.from}
          onChange={(from) => edit({ from })}
          error={dayError(draft.from)}
          autoFocus
        />
        {draft.span === 'times' ? (
          <Field
            label={t('work.offices.form.fromTime')}
            value={draft.fromTime}
            onChange={(fromTime) => edit({ fromTime })}
            error={timeError(draft.fromTime)}
          />
        ) : null}
        <Field
          label={t('work.offices.form.to')}
          hint={t('work.offices.form.toHint')}
          value={draft.to}
          onChange={(to) => edit({ to })}
          error={dayError(draft.to) ?? (endsFirst(draft) ? t('work.offices.form.endsFirst') : null)}
        />
        {draft.span === 'times' ? (
          <Field
            label={t('work.offices.form.toTime')}
            value={draft.toTime}
            onChange={(toTime) => edit({ toTime })}
            error={timeError(draft.toTime) ?? (endsFirst(draft) ? t('work.offices.form.endsFirst') : null)}
          />
        ) : null}
      </div>
      <Field
        label={t('work.offices.form.reason')}
        value={draft.reason}
        onChange={(text) => edit({ reason: text })}
        maxLength={500}
      />
      <RadioGroup
        className={cx(s.choices)}
        orientation="horizontal"
        value={draft.bookings}
        onChange={(value) => edit({ bookings: fates.find((one) => one === value) ?? 'cancel' })}
      >
        <Label className={cx(s.label)}>{t('work.offices.form.bookings')}</Label>
        {fates.map((one) => (
          <Radio key={one} value={one} className={cx(choices.choice)}>
            {t(`work.offices.form.${one}`)}
          </Radio>
        ))}
      </RadioGroup>
      {draft.bookings === 'cancel' ? (
        <Checkbox
          className={cx(checks.check)}
          isSelected={draft.recovers}
          onChange={(on) => edit({ recovers: on })}
        >
          <span className={cx(checks.box)} aria-hidden="true" />
          {t('work.offices.form.recovers')}
        </Checkbox>
      ) : null}
      {recovers ? (
        <RecoveryFields
          draft={draft.recovery}
          onChange={(change) => edit({ recovery: { ...draft.recovery, ...change } })}
        />
      ) : null}
      <div aria-live="polite" className={cx(s.concerned)}>
        {isGoing ? (
          <p>
            {t('work.offices.form.going')}{' '}
            {soFar
              ? t('work.offices.form.goingCount', { cancelled: soFar.cancelled, standing: soFar.conflicts })
              : null}
          </p>
        ) : fault || (time && concerned.error) ? null : time === null ? (
          <p>{t('work.offices.form.incomplete')}</p>
        ) : count === undefined ? (
          <p>{t('work.offices.form.counting')}</p>
        ) : (
          <p>
            <b>{t(`work.offices.form.${draft.bookings === 'cancel' ? 'concerned' : 'kept'}`, { count })}</b>
          </p>
        )}
      </div>
      {isGoing ? null : fault ? (
        <Notice tone="red" alert>
          {say(fault)} {fault.kind === 'unavailable' ? t('work.offices.form.again') : null}
        </Notice>
      ) : time && concerned.error ? (
        <FailedAsking error={concerned.error} onAgain={concerned.refetch} />
      ) : null}
      <div className={cx(s.out)}>
        <Button type="submit" look="primary" isDisabled={!ready} isPending={isGoing}>
          {cancels ? t('work.offices.form.closeAnd', { count }) : t('work.offices.form.closeOnly')}
        </Button>
        <Button look="quiet" onPress={() => useOffices.setState({ isClosing: false })}>
          {t('work.offices.form.leave')}
        </Button>
        <Button
          look="quiet"
          isDisabled={isGoing}
          onPress={() => {
            useOffices.setState({ isClosing: false })
            dropClosing(office.id)
          }}
        >
          {t('work.offices.form.discard')}
        </Button>
      </div>
    </form>
  )
}

const emptyTime: ClosedTime = { from: '', to: '', fromTime: null, toTime: null }

/** Every field is one, and together they are no time. */
function endsFirst(draft: ClosingDraft): boolean {
  const fields = [draft.from, draft.to.trim() === '' ? draft.from : draft.to]
  const areDays = fields.every((text) => parseDay(text) !== null)
  const areTimes =
    draft.span === 'days' || [draft.fromTime, draft.toTime].every((text) => parseTime(text) !== null)
  return areDays && areTimes && timeOf(draft) === null
}
