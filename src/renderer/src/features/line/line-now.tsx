import { Signal, SignalLow } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { useLines } from '../../host/line-store.ts'
import { cx } from '../../ui/cx.ts'
import s from './line.module.css'
import { type LineWord, lineWord } from './words.ts'

/** What is to be said of the line of a live call; null: nothing is known. */
export function useLineWord(callId: string): LineWord | null {
  const view = useLines((state) => state.lines[callId])
  return view && !view.ended ? lineWord(view) : null
}

/** How the line of a live call is, in plain words. It speaks of the line, never of who uses it. */
export function LineNow({ word }: { word: LineWord }) {
  const { t } = useTranslation()
  const Icon = word.bad ? SignalLow : Signal
  return (
    <span className={cx(s.now, word.bad && s.bad)}>
      <Icon size={14} aria-hidden="true" />
      {t(word.key)}
    </span>
  )
}
