import type { Page } from '@playwright/test'

/** The desk's window as a test sees it. */
export type DeskWindow = {
  page: Page
  /** The page that holds the media end: the same one on loopback, the hidden window in Electron. */
  voice: Page
  /** Where the operator signs in, after `ask` has made the desk send them there. */
  issuer(ask: () => Promise<void>): Promise<Page>
}

/** A host of the desk on a city's addresses and data folder, and what is done to it from outside. */
export interface DeskHost {
  /** The window of the desk that runs, or of one that is started now. */
  open(): Promise<DeskWindow>
  /** Ends the desk and starts it on the same data. */
  restart(): Promise<DeskWindow>
  /** The window of a machine whose microphone is refused. */
  openWithoutMicrophone(): Promise<DeskWindow>
  close(): Promise<void>
}
