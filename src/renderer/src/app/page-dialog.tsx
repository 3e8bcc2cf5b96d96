import type { ReactNode } from 'react'
import { Dialog, Modal, ModalOverlay } from 'react-aria-components'
import { useCalls } from '../host/call-store.ts'
import { cx } from '../ui/cx.ts'
import s from './dialog.module.css'
import { useView } from './use-scene.ts'

export const closeDialog = (): void => useView.setState({ dialog: null })

/** One of the dialogs over the whole page, of which one at most is open. Its name comes from its heading, or from `label`. */
export function PageDialog({
  name,
  label,
  describedBy,
  className,
  children,
}: {
  name: 'commands' | 'keys' | 'sign-out'
  label?: string
  describedBy?: string
  className?: string | undefined
  children: ReactNode
}) {
  const open = useView((state) => state.dialog === name)
  // Who calls is seen behind a dialog in which somebody types.
  const rings = useCalls(({ calls }) => calls.some(({ state, ignored }) => state === 'ringing' && !ignored))
  return (
    <ModalOverlay
      isOpen={open}
      onOpenChange={(next) => {
        if (!next) closeDialog()
      }}
      isDismissable
      className={cx(s.scrim, rings && s.clear)}
    >
      <Modal className={cx(s.bar, className)}>
        <Dialog
          className={cx(s.dialog)}
          {...(label !== undefined && { 'aria-label': label })}
          {...(describedBy !== undefined && { 'aria-describedby': describedBy })}
        >
          {children}
        </Dialog>
      </Modal>
    </ModalOverlay>
  )
}
