import { Copy } from 'lucide-react'
import { useRef, useState } from 'react'
import { useTranslation } from '../i18n/use-translation.ts'
import { Button } from './button.tsx'
import { cx } from './cx.ts'
import s from './own-words.module.css'

/** What somebody typed, whole, and a way to take it elsewhere. Where the shell gives no clipboard it is selected for Ctrl C. */
export function OwnWords({ text }: { text: string }) {
  const { t } = useTranslation()
  const words = useRef<HTMLQuoteElement>(null)
  const [done, setDone] = useState<'copied' | 'selected' | null>(null)
  const copy = () =>
    navigator.clipboard.writeText(text).then(
      () => setDone('copied'),
      () => {
        if (words.current) document.getSelection()?.selectAllChildren(words.current)
        setDone('selected')
      },
    )
  return (
    <>
      <blockquote ref={words} className={cx(s.words)}>
        {text}
      </blockquote>
      <div className={cx(s.out)}>
        <Button size="small" icon={<Copy size={15} aria-hidden="true" />} onPress={() => void copy()}>
          {t('work.outbox.copy')}
        </Button>
        <span className={cx(s.said)} role="status">
          {done ? t(`work.outbox.${done}`) : null}
        </span>
      </div>
    </>
  )
}
