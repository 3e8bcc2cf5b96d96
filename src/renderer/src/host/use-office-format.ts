import { type Format, useFormats } from '../ui/use-format.ts'
import { useReferenceNames } from './use-reference-names.ts'

/** Dates and times by the clock of an office. */
export function useOfficeFormat(): (officeId: string) => Format {
  const formats = useFormats()
  const { zone } = useReferenceNames()
  return (officeId) => formats(zone(officeId))
}
