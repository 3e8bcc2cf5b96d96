import { protocolIn, protocolText } from '#contract/domain/ticket-protocol.ts'
import { usePaused } from './use-paused.ts'

const pauseMs = 500

/**
 * The protocol number that a text is, as it is written; null while it is none or is still being typed: the beginning of a number is one too,
 * and to ask for it would be a read of somebody else's request.
 */
export function useTypedProtocol(text: string): string | null {
  const written = (typed: string) => {
    const protocol = protocolIn(typed)
    return protocol === null ? null : protocolText(protocol)
  }
  const now = written(text)
  return written(usePaused(text, pauseMs)) === now ? now : null
}
