export type Account = {
  sipUrl: string
  realm: string
  extension: string
  username: string
  password: string
  iceServers: RTCIceServer[]
  ringsFor: number
}

/** What the bench asks of a peer's page. */
export type PeerTelephone = {
  /** Resolves when registered. */
  start(account: Account): Promise<void>
  /** By Call-ID: `performance.timeOrigin + performance.now()`. */
  clicks: Record<string, number>
  calls(): number
  /** Resolves when the call has failed. */
  dial(number: string): Promise<{ clickedAt: number; key: string }>
}

declare global {
  interface Window {
    telephone: PeerTelephone
  }
}

export const now = (): number => performance.timeOrigin + performance.now()
