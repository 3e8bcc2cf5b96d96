import { ArrowRight } from 'lucide-react'
import type { Contact } from '#contract/domain/contact.ts'
import { useTranslation } from '../../i18n/use-translation.ts'
import { cx } from '../../ui/cx.ts'
import { useMinute } from '../../ui/now.ts'
import { useFormat } from '../../ui/use-format.ts'
import s from './calls.module.css'

/** The conversation that a colleague handed on with this call; null: it is not known here yet. */
export function Continued({ contact }: { contact: Contact | null }) {
  const { t } = useTranslation()
  const format = useFormat()
  const now = useMinute()
  return (
    <section className={cx(s.continued)} aria-live="polite">
      <ArrowRight size={18} aria-hidden="true" />
      <div>
        {contact ? (
          <>
            <b>{t('calls.continued.title', { name: contact.operatorName })}</b>
            <p>
              {t('calls.continued.body', { when: format.when(contact.startedAt, now) })}{' '}
              {contact.note ? t('calls.continued.note', { note: contact.note }) : null}
            </p>
          </>
        ) : (
          <p>{t('calls.continued.looking')}</p>
        )}
      </div>
    </section>
  )
}
