import i18next, { type i18n, type TFunction } from 'i18next'
import { useSyncExternalStore } from 'react'

type Translation = { t: TFunction; i18n: i18n }

const subscribe = (listener: () => void): (() => void) => {
  i18next.on('languageChanged', listener)
  return () => i18next.off('languageChanged', listener)
}

/** A group of words is no words: on a screen it would read "[object Object]", or a letter of it. */
function words(key: string, found: unknown): string {
  if (typeof found !== 'string') throw new TypeError(`${key} is not a text`)
  return found
}

const made = new Map<string, Translation>()

function translationOf(language: string): Translation {
  const known = made.get(language)
  if (known) return known
  const translate = i18next.getFixedT(language)
  const plain = new Map<string, string>()
  const t = (key: string, options?: Record<string, unknown>): string => {
    if (options !== undefined) return words(key, translate(key as never, options as never))
    const text = plain.get(key) ?? words(key, translate(key as never))
    plain.set(key, text)
    return text
  }
  const translation: Translation = { t: t as TFunction, i18n: i18next }
  made.set(language, translation)
  return translation
}

/**
 * What `useTranslation` of react-i18next gives, for the screens that must be there at once: both languages are loaded from the start, so nothing has
 * to be watched but which one it is, and words without anything to fill in are looked up once.
 */
export const useTranslation = (): Translation =>
  translationOf(useSyncExternalStore(subscribe, () => i18next.language))
