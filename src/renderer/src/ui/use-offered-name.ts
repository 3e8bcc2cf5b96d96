import { useTranslation } from '../i18n/use-translation.ts'

/** A channel's name where it can be chosen: that its messages do not leave the CRM is part of it. */
export function useOfferedName(): (name: string, leaves: boolean) => string {
  const { t } = useTranslation()
  return (name, leaves) => (leaves ? name : t('work.booking.unsentChannel', { channel: name }))
}
