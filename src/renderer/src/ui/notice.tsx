import { TriangleAlert } from 'lucide-react'
import type { ReactNode } from 'react'
import { cx } from './cx.ts'
import s from './notice.module.css'

/** Something that asks for attention, in its place: amber, or red for a loss. */
export function Notice({
  tone = 'amber',
  title,
  children,
  actions,
  alert = false,
}: {
  tone?: 'amber' | 'red' | 'blue'
  title?: ReactNode
  children?: ReactNode
  actions?: ReactNode
  alert?: boolean
}) {
  return (
    <div className={cx(s.notice, s[tone])} {...(alert ? { role: 'alert' } : {})}>
      <TriangleAlert size={18} aria-hidden="true" />
      <div>
        {title ? <b>{title}</b> : null}
        {children ? <div className={s.text}>{children}</div> : null}
        {actions ? <div className={s.actions}>{actions}</div> : null}
      </div>
    </div>
  )
}

/** Nothing here: one sentence and one action. */
export function Empty({ children, action }: { children: ReactNode; action?: ReactNode }) {
  return (
    <div className={s.empty}>
      <p>{children}</p>
      {action}
    </div>
  )
}

/** Bars that keep the place of text to come. */
export function Waiting({ label, rows = 3 }: { label: string; rows?: number }) {
  return (
    <div className={s.waiting} role="status" aria-label={label}>
      {Array.from({ length: rows }, (_, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the bars are alike and never move
        <span key={row} />
      ))}
    </div>
  )
}
