import { useEffect, useState } from 'react'

/** Whether something has been so for a while, so that what passes in a moment is not shown. */
export function useSettled(holds: boolean, milliseconds: number): boolean {
  const [settled, setSettled] = useState(false)
  useEffect(() => {
    setSettled(false)
    if (!holds) return
    const timer = setTimeout(() => setSettled(true), milliseconds)
    return () => clearTimeout(timer)
  }, [holds, milliseconds])
  return holds && settled
}
