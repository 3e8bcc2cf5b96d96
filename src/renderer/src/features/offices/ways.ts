/** What a row of the affected leads to. */
export type Ways = {
  canDial: boolean
  /** Asks for a call and, once there is one, turns to it with this person. */
  onCall: (request: () => Promise<{ callId: string }>, citizenId: string | null) => void
  /** Null while no conversation is open. */
  onShow: ((citizenId: string) => void) | null
}
