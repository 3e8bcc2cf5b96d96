import { useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import type { Words } from '#contract/domain/ids.ts'
import { makeFormat } from './format.ts'

export function useLanguage(): 'it' | 'en' {
  const { i18n } = useTranslation()
  return i18n.language === 'en' ? 'en' : 'it'
}

export function useFormat() {
  const { t } = useTranslation()
  const language = useLanguage()
  return useMemo(
    () => makeFormat(language, { today: t('common.today'), yesterday: t('common.yesterday') }),
    [language, t],
  )
}

/** Reads the city's own texts in the operator's language. */
export function useWords(): (words: Words) => string {
  const language = useLanguage()
  return (words) => words[language]
}
