import type { FaultData } from '#contract/errors.ts'
import { useFaultText } from './fault-text.tsx'
import { Notice } from './notice.tsx'

/** Why what was asked did not happen. */
export function FaultNotice({
  fault,
  say,
}: {
  fault: FaultData | null
  /** Words of its own, where a part has them. */
  say?: (fault: FaultData) => string
}) {
  const text = useFaultText()
  return fault ? (
    <Notice tone="red" alert>
      {(say ?? text)(fault)}
    </Notice>
  ) : null
}
