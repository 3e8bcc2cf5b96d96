import { useTranslation } from '../i18n/use-translation.ts'
import { cx } from './cx.ts'
import s from './kbd.module.css'
import { type Chord, caps, isDigit, type KeyId, keys } from './keys.ts'
import { useDigitsTaken } from './shortcuts.ts'

/** The caps of one key of the table. For the eye only: the control itself carries `aria-keyshortcuts`. */
export function Kbd({ id, bare = false }: { id: KeyId; bare?: boolean }) {
  const { chord } = keys[id]
  const taken = useDigitsTaken()
  // Its place stays.
  return <Caps chord={bare ? { key: chord.key } : chord} className={cx(taken && isDigit(chord) && s.taken)} />
}

export function Caps({ chord, className }: { chord: Chord; className?: string }) {
  const { t } = useTranslation()
  const name = (cap: string): string => {
    switch (cap) {
      case 'Enter':
        return t('keys.cap.enter')
      case 'Shift':
        return t('keys.cap.shift')
      case 'Escape':
        return t('keys.cap.escape')
      default:
        return cap
    }
  }
  return (
    <span className={cx(s.caps, className)} aria-hidden="true">
      {caps(chord).map((cap) => (
        <span key={cap} className={s.cap}>
          {name(cap)}
        </span>
      ))}
    </span>
  )
}
