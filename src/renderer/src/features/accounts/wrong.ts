import type { z } from 'zod'
import { fewestCharacters, mostCharacters, Password } from '#contract/domain/account.ts'
import type { FaultData } from '#contract/errors.ts'
import { useTranslation } from '../../i18n/use-translation.ts'
import { it } from '../../i18n/words/accounts.ts'
import { useFaultText } from '../../ui/fault-text.tsx'

export type FieldName = keyof typeof it.form.wrong
/** What is wrong with a field, in words. */
export type Wrong = Partial<Record<FieldName, string>>

export const lengths = { min: fewestCharacters, max: mostCharacters }

const isField = (name: unknown): name is FieldName =>
  typeof name === 'string' && Object.hasOwn(it.form.wrong, name)

/** Fields that the contract would not take, so that nobody waits for the CRM to hear it. */
export function wrongIn(schema: z.ZodType, value: unknown): FieldName[] {
  const parsed = schema.safeParse(value)
  return parsed.success ? [] : parsed.error.issues.map(({ path: [name] }) => name).filter(isField)
}

export const wrongTyped = ({ password, again }: { password: string; again: string }): FieldName[] =>
  Password.safeParse(password).success ? (password === again ? [] : ['again']) : ['password']

const taken: Partial<Record<FaultData['code'], FieldName>> = {
  'login-taken': 'login',
  'extension-taken': 'extension',
}
export const isOfField = ({ code }: FaultData, fields: readonly FieldName[]): boolean => {
  const field = taken[code]
  return field !== undefined && fields.includes(field)
}

/** Words for the fields that are wrong by the contract, and for the one that the CRM refused. */
export function useWrong(names: readonly FieldName[], fault: FaultData | null): Wrong {
  const { t } = useTranslation()
  const say = useFaultText()
  const refused = fault && taken[fault.code]
  return {
    ...Object.fromEntries(names.map((name) => [name, t(`work.accounts.form.wrong.${name}`, lengths)])),
    ...(refused && { [refused]: say(fault) }),
  }
}
