import { useTranslation } from 'react-i18next'
import type { Slot } from '#contract/domain/appointment.ts'
import { Button } from '../../ui/button.tsx'
import { cx } from '../../ui/cx.ts'
import { useShortcut } from '../../ui/shortcuts.ts'
import { useFormat } from '../../ui/use-format.ts'
import s from './booking.module.css'

/** The chosen slot, always at the foot of the sheet, with the one key that confirms it. */
export function Chosen({
  slot,
  office,
  who,
  requestOnly,
  ringing,
  sending,
  onConfirm,
  onLeave,
}: {
  slot: Slot
  office: string
  who: string | null
  /** The CRM is away: what is made now is a wish. */
  requestOnly: boolean
  ringing: boolean
  sending: boolean
  onConfirm: () => void
  onLeave: () => void
}) {
  const { t } = useTranslation()
  const format = useFormat()
  useShortcut('confirm', onConfirm, !ringing && !sending)
  return (
    <section className={cx(s.chosen)} aria-label={t('work.booking.selected')}>
      <b className="n">
        {format.longDay(slot.startsAt)}, {format.time(slot.startsAt)}
      </b>
      <p>
        {office}, {who ? t('work.booking.forWhom', { name: who }) : t('work.booking.forNobody')}.{' '}
        {ringing ? t('work.booking.ringing') : requestOnly ? t('work.booking.pendingWords') : null}
      </p>
      <div>
        <Button
          look="primary"
          shortcut="confirm"
          onPress={onConfirm}
          isDisabled={ringing}
          isPending={sending}
        >
          {requestOnly ? t('work.booking.request') : t('work.booking.confirm')}
        </Button>
        <Button look="quiet" onPress={onLeave}>
          {t('work.booking.leave')}
        </Button>
      </div>
    </section>
  )
}
