import { randomBytes } from 'node:crypto'
import { EventEmitter } from 'node:events'
import type {
  Contents,
  DeskWindow,
  ElectronPort,
  ElectronShell,
  FrameEnd,
  HostProcess,
  ParentPort,
  WindowOptions,
} from '../../src/main/electron/shell.ts'
import { handOverPorts, type IpcEnd } from '../../src/preload/hand-over.ts'

/** Electron's MessagePortMain over Node's MessagePort. */
class StandInPort extends EventEmitter implements ElectronPort {
  readonly raw: MessagePort
  constructor(raw: MessagePort) {
    super()
    this.raw = raw
    raw.addEventListener('close', () => this.emit('close'))
  }
  postMessage(message: unknown): void {
    this.raw.postMessage(message)
  }
  start(): void {
    // Node's port begins with its first listener; Electron's keeps messages until it is started.
    this.raw.addEventListener('message', (event) => this.emit('message', { data: event.data, ports: [] }))
  }
  close(): void {
    this.raw.close()
  }
}

class StandInChannel {
  readonly port1: StandInPort
  readonly port2: StandInPort
  constructor() {
    const { port1, port2 } = new MessageChannel()
    this.port1 = new StandInPort(port1)
    this.port2 = new StandInPort(port2)
  }
}

/** Encrypts nothing, but opens only what the same "system" sealed. */
export class StandInSafeStorage {
  readonly #mark = randomBytes(4).toString('hex')
  readonly #backend: string
  readonly #available: boolean
  constructor(backend: string, available = true) {
    this.#backend = backend
    this.#available = available
  }
  isEncryptionAvailable = () => this.#available
  getSelectedStorageBackend = () => this.#backend
  encryptString = (plain: string) => Buffer.from(this.#mark + plain)
  decryptString = (sealed: Buffer) => {
    if (sealed.subarray(0, 8).toString() !== this.#mark) throw new Error('cannot decrypt')
    return sealed.subarray(8).toString()
  }
}

/** What a page's script and its preload see of their window. */
class StandInWindow extends EventTarget {
  readonly location: { origin: string; protocol: string }
  constructor(origin: string) {
    super()
    this.location = { origin, protocol: new URL(origin).protocol }
  }
  postMessage(data: unknown, origin: string, ports: readonly MessagePort[] = []): void {
    if (origin !== this.location.origin) return
    queueMicrotask(() => {
      const event = Object.assign(new Event('message'), { data, origin, source: this, ports })
      this.dispatchEvent(event)
    })
  }
}

type Ipc = Map<string, ((event: { sender: Contents; senderFrame: FrameEnd | null }) => void)[]>

/** A window with one main frame, whose preload is ours and whose page does what the test does with `page`. */
export class StandInBrowserWindow extends EventEmitter implements DeskWindow {
  readonly options: WindowOptions
  readonly webContents: StandInContents
  visible: boolean
  minimized = false
  flashing = false
  raised = 0
  #destroyed = false
  constructor(options: WindowOptions, ipc: Ipc, id: number) {
    super()
    this.options = options
    this.visible = options.show
    this.webContents = new StandInContents(ipc, id)
  }
  loadURL(url: string): Promise<void> {
    this.webContents.load(url)
    return Promise.resolve()
  }
  isDestroyed = () => this.#destroyed
  isMinimized = () => this.minimized
  restore(): void {
    this.minimized = false
  }
  show(): void {
    this.visible = true
  }
  focus(): void {
    this.raised += 1
  }
  flashFrame(on: boolean): void {
    this.flashing = on
  }
  /** As by its cross. */
  close(): void {
    let prevented = false
    this.emit('close', { preventDefault: () => (prevented = true) })
    if (!prevented) this.destroy()
  }
  destroy(): void {
    if (this.#destroyed) return
    this.#destroyed = true
    this.webContents.emit('destroyed')
    this.emit('closed')
  }
}

export class StandInContents extends EventEmitter implements Contents {
  readonly id: number
  mainFrame: FrameEnd = { url: 'about:blank', parent: null, postMessage: () => {} }
  /** The page's `window`; a new one with every load. */
  page: Window = new StandInWindow('app://none') as unknown as Window
  loads = 0
  windowOpenHandler: () => { action: string } = () => ({ action: 'allow' })
  readonly #ipc: Ipc
  constructor(ipc: Ipc, id: number) {
    super()
    this.#ipc = ipc
    this.id = id
  }
  isDestroyed = () => false
  setWindowOpenHandler(handler: () => { action: 'deny' }): void {
    this.windowOpenHandler = handler
  }
  load(url: string): void {
    this.loads += 1
    const page = new StandInWindow(`app://${new URL(url).host}`) as unknown as Window
    const preload = new EventEmitter()
    const frame: FrameEnd = {
      url,
      parent: null,
      postMessage: (channel, _message, transfer = []) =>
        setImmediate(() =>
          preload.emit(channel, { ports: transfer.map((port) => (port as StandInPort).raw) }),
        ),
    }
    const ipc: IpcEnd = {
      send: (channel) => setImmediate(() => this.send(channel, frame)),
      on: (channel, listener) => preload.on(channel, listener),
    }
    this.mainFrame = frame
    this.page = page
    handOverPorts(page, ipc)
  }
  /** An IPC message as it would come from a frame of this contents. */
  send(channel: string, senderFrame: FrameEnd | null): void {
    for (const listener of this.#ipc.get(channel) ?? []) listener({ sender: this, senderFrame })
  }
  reload(): void {
    this.load(this.mainFrame.url)
  }
}

class StandInHostProcess extends EventEmitter implements HostProcess {
  readonly #parent = new EventEmitter()
  readonly #ports: StandInPort[] = []
  #alive = true
  constructor(program: (parent: ParentPort, exit: () => void) => void) {
    super()
    const parent = Object.assign(this.#parent, {
      postMessage: (message: unknown) => {
        const copy = structuredClone(message)
        setImmediate(() => this.#alive && this.emit('message', copy))
      },
    })
    program(parent, () => setImmediate(() => this.end(0)))
  }
  postMessage(message: unknown, transfer: ElectronPort[] = []): void {
    const copy = structuredClone(message)
    this.#ports.push(...(transfer as StandInPort[]))
    setImmediate(() => this.#alive && this.#parent.emit('message', { data: copy, ports: transfer }))
  }
  kill(): boolean {
    this.end(1)
    return true
  }
  end(code: number): void {
    if (!this.#alive) return
    this.#alive = false
    for (const port of this.#ports) port.close()
    this.emit('exit', code)
  }
}

export type StandIn = ElectronShell & {
  windows: StandInBrowserWindow[]
  hosts: StandInHostProcess[]
  schemes: { scheme: string; privileges: Record<string, boolean> }[]
  openedExternally: string[]
  errorBoxes: string[]
  /** What was asked in a box and has no answer yet; `answer` presses the button of that number. */
  questions: { message: string; buttons: string[]; answer(button: number): void }[]
  /** What the tray's menu offers. */
  trayMenu: { label: string; click: () => void }[]
  /** Those that are shown now. */
  notifications: (EventEmitter & { options: { title: string; body: string; silent: boolean } })[]
  trayText: string
  exited: number | null
  /** Resolves when the app has ended. */
  ended: Promise<void>
  fetchApp(url: string, method?: string): Promise<Response>
  askPermission(permission: string, url: string, media?: string[], isMainFrame?: boolean): boolean
  checkPermission(permission: string, url: string, media?: string, isMainFrame?: boolean): boolean
  startSecond(): void
}

/** Electron's part that the desk uses, in this process. `program` is what runs in its utility process. */
export function electronStandIn(
  program: (parent: ParentPort, exit: () => void) => void,
  options: { firstInstance?: boolean; backend?: string } = {},
): StandIn {
  const app = new EventEmitter()
  const ipc: Ipc = new Map()
  const windows: StandInBrowserWindow[] = []
  const handlers = new Map<string, (request: Request) => Promise<Response>>()
  type Session = ElectronShell['session']['defaultSession']
  let onRequest: Parameters<Session['setPermissionRequestHandler']>[0] = (_c, _p, callback) => callback(true)
  let onCheck: Parameters<Session['setPermissionCheckHandler']>[0] = () => true
  let end = () => {}

  const standIn: StandIn = {
    windows,
    hosts: [],
    schemes: [],
    openedExternally: [],
    errorBoxes: [],
    questions: [],
    trayMenu: [],
    notifications: [],
    trayText: '',
    exited: null,
    ended: new Promise((resolve) => {
      end = resolve
    }),
    app: Object.assign(app, {
      requestSingleInstanceLock: () => options.firstInstance ?? true,
      whenReady: async () => {},
      quit: () => {
        let prevented = false
        app.emit('before-quit', { preventDefault: () => (prevented = true) })
        if (prevented) return
        standIn.exited = 0
        end()
      },
      exit: (code = 0) => {
        standIn.exited = code
        end()
      },
    }),
    protocol: {
      registerSchemesAsPrivileged: (schemes) => standIn.schemes.push(...schemes),
      handle: (scheme, handler) => handlers.set(scheme, handler),
    },
    session: {
      defaultSession: {
        setPermissionRequestHandler: (handler) => {
          onRequest = handler
        },
        setPermissionCheckHandler: (handler) => {
          onCheck = handler
        },
        setDevicePermissionHandler: () => {},
        on: () => {},
      },
    },
    BrowserWindow: class extends StandInBrowserWindow {
      constructor(windowOptions: WindowOptions) {
        super(windowOptions, ipc, windows.length + 1)
        windows.push(this)
        app.emit('web-contents-created', {}, this.webContents)
      }
    },
    ipcMain: {
      on: (channel, listener) => ipc.set(channel, [...(ipc.get(channel) ?? []), listener]),
    },
    MessageChannelMain: StandInChannel,
    utilityProcess: {
      fork: () => {
        const host = new StandInHostProcess(program)
        standIn.hosts.push(host)
        return host
      },
    },
    safeStorage: new StandInSafeStorage(options.backend ?? 'gnome_libsecret'),
    shell: {
      openExternal: async (url) => {
        standIn.openedExternally.push(url)
      },
    },
    dialog: {
      showErrorBox: (_title, content) => standIn.errorBoxes.push(content),
      showMessageBox: ({ message, buttons }) =>
        new Promise((resolve) => {
          const question = {
            message,
            buttons,
            answer: (response: number) => {
              standIn.questions.splice(standIn.questions.indexOf(question), 1)
              resolve({ response })
            },
          }
          standIn.questions.push(question)
        }),
    },
    Tray: class extends EventEmitter {
      constructor(_icon: string) {
        super()
      }
      setToolTip(text: string): void {
        standIn.trayText = text
      }
      setContextMenu(menu: unknown): void {
        standIn.trayMenu = menu as StandIn['trayMenu']
      }
    },
    Menu: { buildFromTemplate: (items) => items, setApplicationMenu: () => {} },
    Notification: class extends EventEmitter {
      readonly options: { title: string; body: string; silent: boolean }
      constructor(notification: { title: string; body: string; silent: boolean }) {
        super()
        this.options = notification
      }
      static isSupported = () => true
      show(): void {
        standIn.notifications.push(this)
      }
      close(): void {
        standIn.notifications.splice(standIn.notifications.indexOf(this), 1)
      }
    },
    fetchApp: async (url, method = 'GET') => {
      const handler = handlers.get(new URL(url).protocol.slice(0, -1))
      if (handler === undefined) throw new Error('no such scheme')
      return await handler(new Request(url, { method }))
    },
    askPermission: (permission, url, media, isMainFrame = true) => {
      let answer = false
      const details = { requestingUrl: url, isMainFrame, ...(media && { mediaTypes: media }) }
      onRequest({}, permission, (granted) => (answer = granted), details)
      return answer
    },
    checkPermission: (permission, url, media, isMainFrame = true) =>
      onCheck({}, permission, url, { isMainFrame, ...(media && { mediaType: media }) }),
    startSecond: () => app.emit('second-instance'),
  }
  return standIn
}
