import type { RefObject } from 'react'
import { useEffect } from 'react'
import { Dialog, Heading, Popover } from 'react-aria-components'
import type { Call } from '#contract/domain/call.ts'
import { Keypad } from '../features/calls/keypad.tsx'
import { TransferPicker } from '../features/calls/transfer-picker.tsx'
import { attempt } from '../host/attempt.ts'
import { useDesk } from '../host/desk.tsx'
import { useTranslation } from '../i18n/use-translation.ts'
import { cx } from '../ui/cx.ts'
import s from './call.module.css'
import type { useCallVerbs } from './use-call-verbs.ts'
import { useView } from './use-scene.ts'

/** What hangs under the verbs of a call while the operator chooses: whom to hand it to, or which tones to send. */
export function CallPanels({
  call,
  verbs,
  transferRef,
  keypadRef,
}: {
  call: Call
  verbs: ReturnType<typeof useCallVerbs>
  transferRef: RefObject<HTMLButtonElement | null>
  keypadRef: RefObject<HTMLButtonElement | null>
}) {
  const { t } = useTranslation()
  const { desk } = useDesk()
  const dialog = useView((state) => state.dialog)
  const transferTo = useView((state) => state.transferTo)
  const close = () => useView.setState({ dialog: null, transferTo: '' })
  // A call that goes takes them along.
  useEffect(
    () => () => {
      const { dialog } = useView.getState()
      if (dialog === 'transfer' || dialog === 'keypad') useView.setState({ dialog: null, transferTo: '' })
    },
    [],
  )
  const shut = (open: boolean) => {
    if (!open) close()
  }
  return (
    <>
      <Popover
        triggerRef={transferRef}
        isOpen={dialog === 'transfer'}
        onOpenChange={shut}
        placement="bottom end"
      >
        <Dialog className={cx(s.panel)}>
          <Heading slot="title" level={2}>
            {t('calls.transfer.title')}
          </Heading>
          <TransferPicker
            initial={transferTo}
            onConsult={(to) => {
              close()
              void verbs.consult(to)
            }}
            onBlind={(to) => {
              close()
              void verbs.transfer(to)
            }}
          />
        </Dialog>
      </Popover>
      <Popover triggerRef={keypadRef} isOpen={dialog === 'keypad'} onOpenChange={shut} placement="bottom end">
        <Dialog className={cx(s.panel, s.narrow)}>
          <Heading slot="title" level={2}>
            {t('calls.keypad.title')}
          </Heading>
          <Keypad onTone={(tones) => attempt('dtmf', () => desk.calls.dtmf({ callId: call.id, tones }))} />
        </Dialog>
      </Popover>
    </>
  )
}
