import i18next, { type i18n } from 'i18next'
import { initReactI18next } from 'react-i18next'
import { en, it } from './resources.ts'

declare module 'i18next' {
  interface CustomTypeOptions {
    defaultNS: 'translation'
    resources: { translation: typeof it }
  }
}

/** Both languages are in the page, so there is never a moment without words. React escapes what is filled in; i18next must not do it twice. */
export function startI18n(language: 'it' | 'en'): i18n {
  void i18next.use(initReactI18next).init({
    lng: language,
    fallbackLng: 'it',
    resources: { it: { translation: it }, en: { translation: en } },
    interpolation: { escapeValue: false },
    initAsync: false,
    react: { useSuspense: false },
  })
  return i18next
}
