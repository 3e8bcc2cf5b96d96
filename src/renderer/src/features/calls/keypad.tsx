import { useState } from 'react'
import { Button as AriaButton } from 'react-aria-components'
import { useTranslation } from '../../i18n/use-translation.ts'
import { cx } from '../../ui/cx.ts'
import s from './calls.module.css'

const rows = ['1', '2', '3', '4', '5', '6', '7', '8', '9', '*', '0', '#'] as const

/** Tones for a menu at the far end: by mouse, or typed while this has the focus. */
export function Keypad({ onTone }: { onTone: (tone: string) => Promise<boolean> }) {
  const { t } = useTranslation()
  const [sent, setSent] = useState('')
  const press = (tone: string) => {
    void onTone(tone).then((done) => {
      if (done) setSent((before) => `${before}${tone}`.slice(-24))
    })
  }
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the digits typed anywhere in it are the buttons' own
    <div
      className={cx(s.keypad)}
      onKeyDown={(event) => {
        if (event.ctrlKey || event.altKey || event.metaKey) return
        if (!rows.some((tone) => tone === event.key)) return
        event.preventDefault()
        press(event.key)
      }}
    >
      <output className={cx(s.tones, 'n')} aria-label={t('calls.keypad.sent')}>
        {sent || <small>{t('calls.keypad.none')}</small>}
      </output>
      <div className={cx(s.tonesGrid)}>
        {rows.map((tone, index) => (
          <AriaButton
            key={tone}
            className={cx(s.tone, 'n')}
            onPress={() => press(tone)}
            autoFocus={index === 0}
          >
            {tone}
          </AriaButton>
        ))}
      </div>
    </div>
  )
}
