import { useLanguage } from '../../ui/use-format.ts'

/** Tomorrow, as somebody would type it. */
export function useExampleDay(): string {
  const language = useLanguage()
  const tomorrow = new Date(Date.now() + 86_400_000)
  return new Intl.DateTimeFormat(language === 'it' ? 'it-IT' : 'en-GB', { timeZone: 'UTC' }).format(tomorrow)
}
