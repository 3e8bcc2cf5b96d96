import { cityZone, type Words } from '#contract/domain/ids.ts'
import { useTranslation } from '../i18n/use-translation.ts'
import { makeFormat } from './format.ts'

export function useLanguage(): 'it' | 'en' {
  const { i18n } = useTranslation()
  return i18n.language === 'en' ? 'en' : 'it'
}

export type Format = ReturnType<typeof makeFormat>

/** Of the city. An appointment's times are its office's: see `useOfficeFormat`. */
export const useFormat = (): Format => useFormats()(cityZone)

export function useFormats(): (zone: string) => Format {
  const { t } = useTranslation()
  const language = useLanguage()
  return (zone) => {
    const made = formats.get(`${language} ${zone}`)
    if (made) return made
    const words = { today: t('common.today'), yesterday: t('common.yesterday') }
    const format = makeFormat(language, words, zone)
    formats.set(`${language} ${zone}`, format)
    return format
  }
}

/** `Intl` formats are dear to make, and every line of a story needs one. */
const formats = new Map<string, Format>()

/** Reads the city's own texts in the operator's language. */
export function useWords(): (words: Words) => string {
  const language = useLanguage()
  return (words) => words[language]
}
