import type { RefObject } from 'react'
import { useEffect } from 'react'
import { Dialog, Heading, Popover } from 'react-aria-components'
import { type Call, isLive } from '#contract/domain/call.ts'
import type { FaultData } from '#contract/errors.ts'
import { Keypad } from '../features/calls/keypad.tsx'
import { TransferPicker } from '../features/calls/transfer-picker.tsx'
import { attempt, refuse } from '../host/attempt.ts'
import { useCalls } from '../host/call-store.ts'
import { useDesk } from '../host/desk.tsx'
import { useTranslation } from '../i18n/use-translation.ts'
import { cx } from '../ui/cx.ts'
import { restEnter } from '../ui/shortcuts.ts'
import { aimedMs } from './aim.ts'
import s from './call.module.css'
import type { useCallVerbs } from './use-call-verbs.ts'
import { panelOf, useView } from './use-scene.ts'

const gone: FaultData = { kind: 'not-found', code: 'call-gone', params: {} }

/** What hangs under the verbs of a call while the operator chooses: whom to hand it to, or which tones to send. */
export function CallPanels({
  call,
  who,
  verbs,
  transferRef,
  keypadRef,
}: {
  call: Call
  who: string
  verbs: ReturnType<typeof useCallVerbs>
  transferRef: RefObject<HTMLButtonElement | null>
  keypadRef: RefObject<HTMLButtonElement | null>
}) {
  const { t } = useTranslation()
  const { desk } = useDesk()
  const open = useView(({ dialog }) => panelOf(call.id, dialog))
  const close = () => useView.setState({ dialog: null })
  // A call that goes takes them along, from under the hands.
  useEffect(
    () => () => {
      const left = panelOf(call.id, useView.getState().dialog)
      if (!left) return
      useView.setState({ dialog: null })
      const ended = useCalls.getState().calls.some((one) => one.id === call.id && !isLive(one))
      if (!ended) return
      restEnter(aimedMs)
      if (left.panel === 'transfer') refuse('transfer', gone)
    },
    [call.id],
  )
  const shut = (open: boolean) => {
    if (!open) close()
  }
  return (
    <>
      <Popover
        triggerRef={transferRef}
        isOpen={open?.panel === 'transfer'}
        onOpenChange={shut}
        placement="bottom end"
      >
        <Dialog className={cx(s.panel)}>
          <Heading slot="title" level={2}>
            {t('calls.transfer.titleOf', { who })}
          </Heading>
          <TransferPicker
            initial={open?.to ?? ''}
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
      <Popover
        triggerRef={keypadRef}
        isOpen={open?.panel === 'keypad'}
        onOpenChange={shut}
        placement="bottom end"
      >
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
