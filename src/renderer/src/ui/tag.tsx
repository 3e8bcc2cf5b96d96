import type { ReactNode } from 'react'
import { cx } from './cx.ts'
import s from './tag.module.css'

/** A state in words with its shape. Colour never stands alone. */
export function Tag({
  tone = 'plain',
  icon,
  children,
}: {
  tone?: 'plain' | 'green' | 'amber' | 'red' | 'blue'
  icon?: ReactNode
  children: ReactNode
}) {
  return (
    <span className={cx(s.tag, s[tone])}>
      {icon}
      <span>{children}</span>
    </span>
  )
}
