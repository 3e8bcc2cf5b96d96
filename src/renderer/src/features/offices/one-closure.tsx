import { ArrowLeft } from 'lucide-react'
import { useState } from 'react'
import type { ClosureOutcome } from '#contract/crm-agenda.ts'
import { useDesk } from '../../host/desk.tsx'
import { useReferenceNames } from '../../host/use-reference-names.ts'
import { useTranslation } from '../../i18n/use-translation.ts'
import { announce } from '../../ui/announce.tsx'
import { Button } from '../../ui/button.tsx'
import { cx } from '../../ui/cx.ts'
import { FaultNotice } from '../../ui/fault-notice.tsx'
import { useMinute } from '../../ui/now.ts'
import { useFormat } from '../../ui/use-format.ts'
import { AffectedList, StandingList } from './affected.tsx'
import { emptyRecovery, recoveryOf } from './closing.ts'
import s from './offices.module.css'
import { RecoveryFields } from './recovery-fields.tsx'
import { editRecovery, showClosure, useOffices } from './state.ts'
import { useAsk } from './use-ask.ts'
import { useClosedTime, useClosingFault, useRecoveryText } from './use-words.ts'
import type { Ways } from './ways.ts'

/** How far a closure is, and whose appointments it took. */
export function OneClosure({ outcome, ...ways }: { outcome: ClosureOutcome } & Ways) {
  const { t } = useTranslation()
  const format = useFormat()
  const names = useReferenceNames()
  const time = useClosedTime()
  const recoveryText = useRecoveryText()
  const now = useMinute()
  const { closure, bookings, cancelled, conflicts, withdrawnAt } = outcome
  const recovery = recoveryText(outcome)
  return (
    <>
      <Button
        look="link"
        size="small"
        icon={<ArrowLeft size={15} aria-hidden="true" />}
        onPress={() => showClosure(null)}
      >
        {t('work.offices.all')}
      </Button>
      <section aria-labelledby="closure">
        <div className={cx(s.bar)}>
          <h2 id="closure">
            {names.office(closure.officeId)}: {time(closure)}
          </h2>
        </div>
        <p>{closure.reason}</p>
        <div role="status" className={cx(s.state)}>
          {withdrawnAt ? (
            <p>{t('work.offices.one.withdrawn', { when: format.moment(withdrawnAt) })}</p>
          ) : null}
          {bookings === 'keep' ? (
            conflicts > 0 ? (
              <p>{t('work.offices.one.kept', { count: conflicts })}</p>
            ) : null
          ) : conflicts > 0 ? (
            <p>{t('work.offices.one.going', { cancelled, standing: conflicts })}</p>
          ) : (
            <p>{t('work.offices.one.outcome', { count: cancelled })}</p>
          )}
          {recovery ? <p>{recovery}</p> : null}
        </div>
        <div className={cx(s.acts)}>
          {withdrawnAt === null && Date.parse(closure.to) > now ? <Withdraw closureId={closure.id} /> : null}
          {bookings === 'cancel' && outcome.recovery === null ? (
            <AddRecovery closureId={closure.id} officeId={closure.officeId} />
          ) : null}
        </div>
      </section>
      {bookings === 'cancel' ? (
        <AffectedList outcome={outcome} {...ways} />
      ) : withdrawnAt === null ? (
        <StandingList outcome={outcome} {...ways} />
      ) : null}
    </>
  )
}

function Withdraw({ closureId }: { closureId: string }) {
  const { t } = useTranslation()
  const say = useClosingFault()
  const { desk } = useDesk()
  const [asking, setAsking] = useState(false)
  const { going, fault, ask } = useAsk()
  if (!asking)
    return (
      <Button size="small" onPress={() => setAsking(true)}>
        {t('work.offices.one.withdraw')}
      </Button>
    )
  return (
    <fieldset className={cx(s.ask)} aria-label={t('work.offices.one.withdrawAsk')}>
      <p>
        <b>{t('work.offices.one.withdrawAsk')}</b> {t('work.offices.one.withdrawMore')}
      </p>
      <FaultNotice fault={fault} say={say} />
      <div className={cx(s.out)}>
        <Button
          size="small"
          look="primary"
          autoFocus
          isPending={going}
          onPress={() => void ask(() => desk.offices.withdraw({ closureId }))}
        >
          {t('work.offices.one.withdrawDo')}
        </Button>
        <Button size="small" look="quiet" onPress={() => setAsking(false)}>
          {t('work.offices.one.leave')}
        </Button>
      </div>
    </fieldset>
  )
}

function AddRecovery({ closureId, officeId }: { closureId: string; officeId: string }) {
  const { t } = useTranslation()
  const say = useClosingFault()
  const { desk } = useDesk()
  const draft = useOffices(({ recoveries }) => recoveries[closureId])
  const { going, fault, ask } = useAsk()
  if (!draft)
    return (
      <Button size="small" onPress={() => editRecovery(closureId, emptyRecovery)}>
        {t('work.offices.recovery.offer')}
      </Button>
    )
  const recovery = recoveryOf(draft)
  const submit = async () => {
    if (!recovery || going) return
    if (!(await ask(() => desk.offices.recover({ closureId, officeId, recovery })))) return
    editRecovery(closureId, null)
    announce(t('work.offices.recovery.added'))
  }
  return (
    <form
      className={cx(s.form)}
      aria-label={t('work.offices.recovery.title')}
      onSubmit={(event) => {
        event.preventDefault()
        void submit()
      }}
    >
      <RecoveryFields draft={draft} onChange={(change) => editRecovery(closureId, change)} autoFocus />
      <FaultNotice fault={fault} say={say} />
      <div className={cx(s.out)}>
        <Button type="submit" size="small" look="primary" isDisabled={recovery === null} isPending={going}>
          {t('work.offices.recovery.add')}
        </Button>
        <Button size="small" look="quiet" onPress={() => editRecovery(closureId, null)}>
          {t('work.offices.one.leave')}
        </Button>
      </div>
    </form>
  )
}
