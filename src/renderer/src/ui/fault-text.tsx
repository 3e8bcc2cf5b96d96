import { useTranslation } from 'react-i18next'
import type { FaultData } from '#contract/errors.ts'

const fields = [
  'givenName',
  'familyName',
  'birthDate',
  'fiscalCode',
  'number',
  'text',
  'note',
  'outcome',
  'topicId',
  'kind',
  'slotId',
  'recoveryOf',
  'expiry',
] as const

const fileReasons = ['empty', 'size', 'type', 'infected'] as const

/** The words of a failure; of a refused input with the name of its field, of a file with why it was not taken. */
export function useFaultText(): (fault: FaultData) => string {
  const { t } = useTranslation()
  return (fault) => {
    const { field, why } = fault.params
    const file = fileReasons.find((one) => one === why)
    if (fault.code === 'attachment-refused' && file) return t(`work.tickets.files.why.${file}`)
    if (fault.code !== 'input-invalid' || typeof field !== 'string')
      return t(`faults.${fault.code}`, fault.params)
    const known = fields.find((one) => one === field)
    return t('fields.sentence', { field: known ? t(`fields.name.${known}`) : field })
  }
}
