import type { ReactNode } from 'react'
import { Button as AriaButton, type ButtonProps as AriaButtonProps } from 'react-aria-components'
import s from './button.module.css'
import { cx } from './cx.ts'
import { Kbd } from './kbd.tsx'
import type { KeyId } from './keys.ts'
import { toldKey } from './told-key.ts'

export type ButtonProps = Omit<AriaButtonProps, 'children' | 'className' | 'style'> & {
  children: ReactNode
  icon?: ReactNode
  /** `primary` once on a surface; `quiet` has no border; `link` stands in text. */
  look?: 'plain' | 'primary' | 'quiet' | 'link' | 'danger'
  size?: 'small' | 'medium' | 'large'
  /** The key of the table that does the same: drawn on the button and told to assistive technology. */
  shortcut?: KeyId
  className?: string | undefined
}

export function Button({
  children,
  icon,
  look = 'plain',
  size = 'medium',
  shortcut,
  className,
  ...props
}: ButtonProps) {
  return (
    <AriaButton
      {...props}
      className={cx(s.button, s[look], s[size], className)}
      {...(shortcut ? { ref: toldKey(shortcut) } : {})}
    >
      {icon}
      <span className={s.words}>{children}</span>
      {shortcut ? <Kbd id={shortcut} /> : null}
    </AriaButton>
  )
}

/** A square button whose words are its name. */
export function IconButton({
  label,
  icon,
  className,
  ...props
}: Omit<AriaButtonProps, 'children' | 'className' | 'style'> & {
  label: string
  icon: ReactNode
  className?: string
}) {
  return (
    <AriaButton {...props} aria-label={label} className={cx(s.icon, className)}>
      {icon}
    </AriaButton>
  )
}
