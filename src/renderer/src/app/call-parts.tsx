import { type ReactNode, type RefObject, useCallback } from 'react'
import { Button as AriaButton } from 'react-aria-components'
import type { Call } from '#contract/domain/call.ts'
import { formatNumber } from '#contract/domain/phone-number.ts'
import { useTranslation } from '../i18n/use-translation.ts'
import { cx } from '../ui/cx.ts'
import { Kbd } from '../ui/kbd.tsx'
import type { KeyId } from '../ui/keys.ts'
import { toldKey } from '../ui/told-key.ts'
import s from './call.module.css'

export function Who({ title, under }: { title: string; under: ReactNode }) {
  return (
    <div className={cx(s.who)}>
      <b className="n">{title}</b>
      <span className="n">{under}</span>
    </div>
  )
}

/** Said once before the verbs whose caps show the letter alone. */
export function AltCap() {
  return (
    <span className={cx(s.alt)} aria-hidden="true">
      Alt
    </span>
  )
}

/** A verb of the call that goes on: icon, word and key, of which the word goes first where there is no room. */
export function Verb({
  id,
  icon,
  label,
  says = label,
  pressed,
  disabled,
  folded = false,
  tone,
  onPress,
  ref,
}: {
  id: KeyId
  icon: ReactNode
  label: string
  /** The whole sentence, where the word alone does not say enough. */
  says?: string
  /** Undefined: not a switch. */
  pressed?: boolean
  disabled: boolean
  /** The key and the icon only; `narrow`: where the ribbon has no room for more. */
  folded?: boolean | 'narrow'
  tone?: 'end' | 'go' | undefined
  onPress: () => void
  ref?: RefObject<HTMLButtonElement | null>
}) {
  const told = toldKey(id)
  const button = useCallback(
    (element: HTMLButtonElement | null) => {
      if (ref) ref.current = element
      return told(element)
    },
    [ref, told],
  )
  return (
    <AriaButton
      ref={button}
      className={cx(
        s.verb,
        pressed && s.pressed,
        folded === true && s.folded,
        folded === 'narrow' && s.foldedNarrow,
        tone && s[tone],
      )}
      onPress={onPress}
      isDisabled={disabled}
      aria-label={says}
      {...(pressed === undefined ? {} : { 'aria-pressed': pressed })}
    >
      {icon}
      <span className={cx(s.word)}>{label}</span>
      <Kbd id={id} bare />
    </AriaButton>
  )
}

/** Whom the call was for before it came here, where the exchange says so. */
export function useDiverted(): (call: Call) => string | null {
  const { t } = useTranslation()
  return ({ diversions }) => {
    const [nearest] = diversions
    const who = nearest?.displayName ?? (nearest?.number ? formatNumber(nearest.number) : null)
    return who ? t('calls.waiting.diverted', { who }) : null
  }
}
