import { sessionStore } from '../host/session-store.ts'

const useVoice = sessionStore<{ polite: string; urgent: string }>(() => ({ polite: '', urgent: '' }))

/** Says something once through the page's live region. `urgent` interrupts: only for a ring. */
export function announce(text: string, manner: 'polite' | 'urgent' = 'polite'): void {
  useVoice.setState({ [manner]: text })
}

export function Announcer() {
  const { polite, urgent } = useVoice()
  return (
    <>
      <div className="visually-hidden" role="status" aria-live="polite">
        {polite}
      </div>
      <div className="visually-hidden" role="alert" aria-live="assertive">
        {urgent}
      </div>
    </>
  )
}
