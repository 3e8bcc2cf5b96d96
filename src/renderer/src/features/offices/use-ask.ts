import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { FaultData } from '#contract/errors.ts'
import { toFault } from '../../host/fault.ts'

/** Asks the CRM for something that changes what is shown of offices; true once it is done. */
export function useAsk(): {
  going: boolean
  fault: FaultData | null
  ask: (request: () => Promise<unknown>) => Promise<boolean>
} {
  const client = useQueryClient()
  const [going, setGoing] = useState(false)
  const [fault, setFault] = useState<FaultData | null>(null)
  return {
    going,
    fault,
    async ask(request) {
      setGoing(true)
      setFault(null)
      try {
        await request()
        await client.invalidateQueries({ queryKey: ['offices'] })
        return true
      } catch (error) {
        setFault(toFault(error))
        return false
      } finally {
        setGoing(false)
      }
    },
  }
}
