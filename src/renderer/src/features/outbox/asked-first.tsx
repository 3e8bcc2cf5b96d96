import { useState } from 'react'
import { useTranslation } from '../../i18n/use-translation.ts'
import { Button } from '../../ui/button.tsx'
import { cx } from '../../ui/cx.ts'
import s from './outbox.module.css'

/** A button for what cannot be undone: it is asked once whether that is meant. */
export function AskedFirst({
  label,
  question,
  onSure,
}: {
  label: string
  question: string
  onSure: () => void
}) {
  const { t } = useTranslation()
  const [asking, setAsking] = useState(false)
  if (!asking)
    return (
      <Button size="small" look="quiet" onPress={() => setAsking(true)}>
        {label}
      </Button>
    )
  return (
    // biome-ignore lint/a11y/useSemanticElements: a question with two buttons is no fieldset
    <span className={cx(s.sure)} role="group" aria-label={question}>
      <span>{question}</span>
      <Button size="small" look="danger" onPress={onSure} autoFocus>
        {t('work.outbox.sureYes')}
      </Button>
      <Button size="small" look="quiet" onPress={() => setAsking(false)}>
        {t('work.outbox.sureNo')}
      </Button>
    </span>
  )
}
