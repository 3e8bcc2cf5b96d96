import { useQueryClient } from '@tanstack/react-query'
import { type RefObject, useEffect, useRef, useState } from 'react'
import type { FaultData } from '#contract/errors.ts'
import { useDesk } from '../../host/desk.tsx'
import { toFault } from '../../host/fault.ts'
import { beginChanging } from './state.ts'

type Asking<Where extends HTMLElement> = {
  going: boolean
  fault: FaultData | null
  /** Around the fields and `Refusal`: what was refused gets the focus. */
  where: RefObject<Where | null>
  /** What the CRM answers; null when it refused. */
  ask<T>(request: () => Promise<T>): Promise<T | null>
  /** The fields are wrong before anybody is asked. */
  lookAgain(): void
}

/** Asks the CRM for something that changes an account. After somebody else's change it is shown as it is now. */
export function useAsk<Where extends HTMLElement>(id: string | null): Asking<Where> {
  const client = useQueryClient()
  const { queries } = useDesk()
  const where = useRef<Where>(null)
  const [going, setGoing] = useState(false)
  const [fault, setFault] = useState<FaultData | null>(null)
  const [looks, setLooks] = useState(0)
  useEffect(() => {
    if (looks > 0 || fault)
      where.current?.querySelector<HTMLElement>('[aria-invalid="true"], [data-refusal]')?.focus()
  }, [looks, fault])
  return {
    going,
    fault,
    where,
    lookAgain: () => setLooks((times) => times + 1),
    async ask(request) {
      setGoing(true)
      setFault(null)
      try {
        const answer = await request()
        await client.invalidateQueries(queries.accounts)
        return answer
      } catch (error) {
        const refused = toFault(error)
        if (refused.code === 'account-stale') {
          await client.invalidateQueries(queries.accounts)
          const now = client
            .getQueryData(queries.accounts.queryKey)
            ?.accounts.find((account) => account.id === id)
          if (now) beginChanging(now)
        }
        setFault(refused)
        return null
      } finally {
        setGoing(false)
      }
    },
  }
}
