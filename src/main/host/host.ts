import type { Logger } from 'pino'
import type { Capabilities } from '#contract/desk.ts'

/** What the shell keeps secret for us: Electron's safeStorage, or a key file that only its owner may read. */
export interface KeyStore {
  /** 64 hex digits, made at the first need. */
  databaseKey(): Promise<string>
  seal(plain: Uint8Array): Promise<Uint8Array>
  /** Rejects with `invalid: key-missing` when it was sealed by another user or machine. */
  unseal(sealed: Uint8Array): Promise<Uint8Array>
}

export type HostOptions = {
  dataDir: string
  crmUrl: string
  keys: KeyStore
  capabilities: Capabilities
  /** Where the issuer sends the browser back to. Its listener hands the arrived address to `Host.completeSignIn`. */
  redirectUri(): Promise<string>
  /** Present when `capabilities.signIn` is `system-browser`. */
  openExternal?(url: string): Promise<void>
  log: Logger
  now?(): Date
}

/** Something the page's end of a channel is attached to: a WebSocket, or a MessagePort. oRPC's handlers take either. */
export type Port =
  | { kind: 'websocket'; socket: import('ws').WebSocket }
  | { kind: 'message-port'; port: MessagePort }

export interface Host {
  attach(port: Port): void
  /** The callback's address with `code` and `state`. Rejects with a `Fault` when they fit no sign-in that was begun here. */
  completeSignIn(callbackUrl: string): Promise<void>
  close(): Promise<void>
}

export async function openHost(_options: HostOptions): Promise<Host> {
  throw new Error('not built yet')
}
