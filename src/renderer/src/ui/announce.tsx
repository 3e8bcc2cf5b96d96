import { sessionStore } from '../host/session-store.ts'

/** `turn`: the same is said again, which leaves the text as it was. */
type Said = { text: string; turn: number }
const nothing: Said = { text: '', turn: 0 }

const useVoice = sessionStore<{ polite: Said; urgent: Said }>(() => ({ polite: nothing, urgent: nothing }))

/** Says something once through the page's live region. `urgent` interrupts: only for a ring. */
export function announce(text: string, manner: 'polite' | 'urgent' = 'polite'): void {
  useVoice.setState((before) => ({ [manner]: { text, turn: before[manner].turn + 1 } }))
}

/** What is said here, in a refusal and of the link is heard over dialogs and lists too: React Aria hides all else from a reader meanwhile. */
export function Announcer() {
  const { polite, urgent } = useVoice()
  return (
    <>
      <div className="visually-hidden" role="status" aria-live="polite" data-live-announcer="true">
        <span key={polite.turn}>{polite.text}</span>
      </div>
      <div className="visually-hidden" role="alert" aria-live="assertive" data-live-announcer="true">
        <span key={urgent.turn}>{urgent.text}</span>
      </div>
    </>
  )
}
