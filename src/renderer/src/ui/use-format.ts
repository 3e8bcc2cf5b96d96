import type { Words } from '#contract/domain/ids.ts'
import { useTranslation } from '../i18n/use-translation.ts'
import { makeFormat } from './format.ts'

export function useLanguage(): 'it' | 'en' {
  const { i18n } = useTranslation()
  return i18n.language === 'en' ? 'en' : 'it'
}

export function useFormat() {
  const { t } = useTranslation()
  const language = useLanguage()
  const made = formats.get(language)
  if (made) return made
  const format = makeFormat(language, { today: t('common.today'), yesterday: t('common.yesterday') })
  formats.set(language, format)
  return format
}

/** `Intl` formats are dear to make, and every line of a story needs one. */
const formats = new Map<'it' | 'en', ReturnType<typeof makeFormat>>()

/** Reads the city's own texts in the operator's language. */
export function useWords(): (words: Words) => string {
  const language = useLanguage()
  return (words) => words[language]
}
