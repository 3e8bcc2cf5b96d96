import { useTranslation } from 'react-i18next'
import type { FaultData } from '#contract/errors.ts'

export function useFaultText(): (fault: FaultData) => string {
  const { t } = useTranslation()
  return (fault) => t(`faults.${fault.code}`, fault.params)
}
