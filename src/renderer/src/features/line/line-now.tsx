import { Signal, SignalLow } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { useLines } from '../../host/line-store.ts'
import { cx } from '../../ui/cx.ts'
import s from './line.module.css'
import { lineWord } from './words.ts'

/** How the line of a live call is, in plain words. It speaks of the line, never of who uses it. */
export function LineNow({ callId }: { callId: string }) {
  const { t } = useTranslation()
  const view = useLines((state) => state.lines[callId])
  const word = view && !view.ended ? lineWord(view) : null
  if (!word) return null
  const Icon = word.bad ? SignalLow : Signal
  return (
    <span className={cx(s.now, word.bad && s.bad)}>
      <Icon size={14} aria-hidden="true" />
      {t(word.key)}
    </span>
  )
}
