import { useQuery } from '@tanstack/react-query'
import type { Call, CallRemote } from '#contract/domain/call.ts'
import { fullName } from '#contract/domain/citizen.ts'
import { useCalls } from '../../host/call-store.ts'
import { useDesk } from '../../host/desk.tsx'
import { useTranslation } from '../../i18n/use-translation.ts'
import { useLanguage } from '../../ui/use-format.ts'
import { nameOf } from './target.ts'

/** Names a far end: a team by its own name, a number by its writing. */
export function useTargetName(): (to: string) => string {
  const { queries } = useDesk()
  const language = useLanguage()
  const teams = useQuery(queries.directory).data ?? []
  return (to) => nameOf(to, teams, language)
}

/** Who a call is with, as far as it is known: the one person on the number, a team, the number. */
export function useWho(): (call: Pick<Call, 'id' | 'remote' | 'direction'>) => string {
  const callers = useCalls((state) => state.callers)
  const say = useRemote()
  return ({ id, remote }) => {
    const stories = callers[id]?.stories ?? []
    const only = stories.length === 1 ? stories[0] : undefined
    return only ? fullName(only.citizen) : say(remote)
  }
}

export function useRemote(): (remote: CallRemote) => string {
  const { t } = useTranslation()
  const target = useTargetName()
  return ({ number }) => (number ? target(number) : t('common.withheldNumber'))
}
