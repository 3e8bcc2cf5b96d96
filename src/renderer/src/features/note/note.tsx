import { Check, CircleAlert } from 'lucide-react'
import { useLayoutEffect, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import type { Work } from '#contract/desk.ts'
import { useDraft } from '../../host/desk.tsx'
import { cx } from '../../ui/cx.ts'
import { useFaultText } from '../../ui/fault-text.tsx'
import s from './note.module.css'

/** The note of a contact, above every sheet: what is typed is on disk a moment later, and it says so. */
export function Note({
  work,
  large,
  takesCursor,
}: {
  work: Work
  large: boolean
  /** Asked once, when it appears. */
  takesCursor: () => boolean
}) {
  const { t } = useTranslation()
  const say = useFaultText()
  const { draft, status, fault, keeper } = useDraft(work)
  const area = useRef<HTMLTextAreaElement>(null)
  const { note } = draft
  // biome-ignore lint/correctness/useExhaustiveDependencies: once, when it appears
  useLayoutEffect(() => {
    // The tabs draw what is in them once more outside of the document.
    if (area.current?.isConnected && takesCursor()) area.current.focus()
  }, [])
  // biome-ignore lint/correctness/useExhaustiveDependencies: the height follows the text
  useLayoutEffect(() => {
    const element = area.current
    if (!element) return
    if (large) element.style.removeProperty('height')
    else {
      element.style.height = 'auto'
      element.style.height = `${Math.min(element.scrollHeight, 96)}px`
    }
  }, [note, large])
  return (
    <div className={cx(s.note, large && s.large)}>
      <div className={cx(s.head)}>
        <label htmlFor="note" className={cx(!large && 'visually-hidden')}>
          {t('work.note.label')}
        </label>
        <span className={cx(s.saved, status === 'failed' && s.failed)} role="status">
          {status === 'saved' ? (
            note === '' ? null : (
              <>
                <Check size={14} aria-hidden="true" />
                {t('common.saved')}
              </>
            )
          ) : status === 'failed' ? (
            <>
              <CircleAlert size={14} aria-hidden="true" />
              {t('common.notSaved')}
              {fault ? <span className="visually-hidden">{say(fault)}</span> : null}
            </>
          ) : (
            <span aria-hidden="true">{t('common.saving')}</span>
          )}
        </span>
      </div>
      <textarea
        id="note"
        ref={area}
        className={cx(s.area)}
        value={note}
        rows={large ? 8 : 1}
        maxLength={8000}
        placeholder={t('work.note.placeholder')}
        onChange={(event) => {
          const { value } = event.currentTarget
          keeper.edit((before) => ({ ...before, note: value }))
        }}
      />
    </div>
  )
}
