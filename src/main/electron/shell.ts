import type { OfferedDevice } from './decisions.ts'

/**
 * The part of Electron that the desk uses, so that a stand-in can take its place in tests. Where Electron's own types are wider,
 * these say what we rely on.
 */
export interface ElectronShell {
  app: {
    requestSingleInstanceLock(): boolean
    whenReady(): Promise<unknown>
    on(event: 'second-instance', listener: () => void): unknown
    on(event: 'before-quit', listener: (event: Preventable) => void): unknown
    on(event: 'web-contents-created', listener: (event: unknown, contents: Contents) => void): unknown
    quit(): void
    exit(code?: number): void
  }
  protocol: {
    registerSchemesAsPrivileged(
      schemes: {
        scheme: string
        privileges: { standard: boolean; secure: boolean; supportFetchAPI: boolean; stream: boolean }
      }[],
    ): void
    handle(scheme: string, handler: (request: Request) => Promise<Response>): void
  }
  session: {
    defaultSession: {
      setPermissionRequestHandler(
        handler: (
          contents: unknown,
          permission: string,
          callback: (granted: boolean) => void,
          details: { requestingUrl: string; isMainFrame: boolean; mediaTypes?: string[] },
        ) => void,
      ): void
      setPermissionCheckHandler(
        handler: (
          contents: unknown,
          permission: string,
          origin: string,
          details: { isMainFrame: boolean; mediaType?: string },
        ) => boolean,
      ): void
      setDevicePermissionHandler(
        handler: (asked: { deviceType: string; origin: string; device: object }) => boolean,
      ): void
      on(
        event: 'select-hid-device',
        listener: (
          event: Preventable,
          details: { deviceList: OfferedDevice[]; frame: { readonly url: string } | null },
          callback: (deviceId?: string | null) => void,
        ) => void,
      ): unknown
    }
  }
  BrowserWindow: new (options: WindowOptions) => DeskWindow
  ipcMain: {
    on(
      channel: string,
      listener: (event: { sender: Contents; senderFrame: FrameEnd | null }) => void,
    ): unknown
  }
  MessageChannelMain: new () => { port1: ElectronPort; port2: ElectronPort }
  utilityProcess: {
    fork(path: string, args: string[], options: { serviceName: string; stdio: 'inherit' }): HostProcess
  }
  safeStorage: {
    isEncryptionAvailable(): boolean
    /** Linux only. */
    getSelectedStorageBackend?(): string
    encryptString(plain: string): Buffer
    decryptString(sealed: Buffer): string
  }
  shell: { openExternal(url: string): Promise<void> }
  dialog: {
    showErrorBox(title: string, content: string): void
    showMessageBox(options: {
      type: 'warning'
      title: string
      message: string
      buttons: string[]
      defaultId: number
      cancelId: number
      noLink: boolean
    }): Promise<{ response: number }>
  }
  Tray: new (icon: string) => Tray
  Menu: {
    buildFromTemplate(items: { label: string; click: () => void }[]): unknown
    setApplicationMenu(menu: null): void
  }
  Notification: {
    new (options: {
      title: string
      body: string
      silent: boolean
    }): {
      on(event: 'click', listener: () => void): unknown
      show(): void
      close(): void
    }
    isSupported(): boolean
  }
}

export type Tray = {
  setToolTip(text: string): void
  setContextMenu(menu: unknown): void
  on(event: 'click', listener: () => void): unknown
}

export type Preventable = { preventDefault(): void }

export type WindowOptions = {
  show: boolean
  width?: number
  height?: number
  minWidth?: number
  minHeight?: number
  title: string
  icon: string
  webPreferences: {
    preload: string
    sandbox: true
    contextIsolation: true
    nodeIntegration: false
    webSecurity: true
    webviewTag: false
    spellcheck: boolean
    backgroundThrottling: boolean
    autoplayPolicy: 'no-user-gesture-required' | 'document-user-activation-required'
  }
}

export interface DeskWindow {
  readonly webContents: Contents
  loadURL(url: string): Promise<void>
  on(event: 'closed', listener: () => void): unknown
  on(event: 'close', listener: (event: Preventable) => void): unknown
  isDestroyed(): boolean
  isMinimized(): boolean
  restore(): void
  show(): void
  focus(): void
  flashFrame(on: boolean): void
  destroy(): void
}

export interface FrameEnd {
  readonly url: string
  readonly parent: FrameEnd | null
  postMessage(channel: string, message: unknown, transfer?: ElectronPort[]): void
}

export interface Contents {
  readonly id: number
  readonly mainFrame: FrameEnd
  isDestroyed(): boolean
  reload(): void
  setWindowOpenHandler(handler: () => { action: 'deny' }): void
  on(event: 'will-frame-navigate', listener: (event: Preventable & { url: string }) => void): unknown
  on(event: 'will-redirect', listener: (event: Preventable & { url: string }) => void): unknown
  on(event: 'will-attach-webview', listener: (event: Preventable) => void): unknown
  on(event: 'render-process-gone', listener: (event: unknown, details: { reason: string }) => void): unknown
  on(event: 'destroyed', listener: () => void): unknown
}

export interface ElectronPort {
  postMessage(message: unknown, transfer?: ElectronPort[]): void
  on(event: 'message', listener: (event: { data: unknown; ports: ElectronPort[] }) => void): this
  on(event: 'close', listener: () => void): this
  start(): void
  close(): void
}

export interface HostProcess {
  postMessage(message: unknown, transfer?: ElectronPort[]): void
  kill(): boolean
  on(event: 'message', listener: (message: unknown) => void): unknown
  on(event: 'exit', listener: (code: number) => void): unknown
}

/** `process.parentPort` inside the utility process. */
export interface ParentPort {
  postMessage(message: unknown): void
  on(event: 'message', listener: (event: { data: unknown; ports: ElectronPort[] }) => void): unknown
}
