/**
 * Stands in for `electron` where its binary can't be run: the same calls with the same types, real messages over
 * real ports, real processes for utility processes; no windows. What a test looks at is in `desktop`.
 */
import { fork, type ChildProcess } from 'node:child_process'
import { EventEmitter } from 'node:events'
import { fileURLToPath } from 'node:url'
import { MessageChannel, type MessagePort } from 'node:worker_threads'
import type * as Electron from 'electron'

type PermissionRequestHandler = NonNullable<Parameters<Electron.Session['setPermissionRequestHandler']>[0]>
type PermissionCheckHandler = NonNullable<Parameters<Electron.Session['setPermissionCheckHandler']>[0]>
type BeforeRequestHandler = (
  details: { readonly url: string },
  answer: (response: { readonly cancel?: boolean }) => void,
) => void

/** What the host did, and what the test decides about the system around it. */
export const desktop = {
  appPath: '',
  workAreas: [{ x: 0, y: 0, width: 1920, height: 1080 }] as Electron.Rectangle[],
  holdsLock: true,
  isPackaged: false,
  languages: ['en-US'],
  switches: new Set<string>(),
  /** The button that a person presses in a message box, and whether they tick its box. */
  pressed: { response: 0, checkboxChecked: false },
  chosenFiles: [] as string[],
  /** Where a person writes something; undefined closes the dialog. */
  chosenTarget: undefined as string | undefined,
  calls: [] as string[],
  paths: new Map<string, string>(),
  schemes: [] as Electron.CustomScheme[],
  menu: [] as Electron.MenuItemConstructorOptions[],
  errors: [] as string[],
  /** Addresses the system was asked to open. */
  opened: [] as string[],
  dialogs: [] as (Electron.OpenDialogOptions | Electron.SaveDialogOptions | Electron.MessageBoxOptions)[],
  notices: [] as StandInNotification[],
  windows: [] as StandInWindow[],
  exitCode: undefined as number | undefined,
  answer: undefined as ((request: Request) => Response | Promise<Response>) | undefined,
  permissionRequest: undefined as PermissionRequestHandler | undefined,
  permissionCheck: undefined as PermissionCheckHandler | undefined,
  beforeRequest: undefined as BeforeRequestHandler | undefined,
}

class StandInApp extends EventEmitter {
  readonly commandLine = { hasSwitch: (name: string): boolean => desktop.switches.has(name) }
  enableSandbox = (): void => void desktop.calls.push('enableSandbox')
  setPath = (name: string, path: string): void => void desktop.paths.set(name, path)
  getPath = (name: string): string => `/home/you/${name}`
  getAppPath = (): string => desktop.appPath
  getVersion = (): string => '0.0.0-test'
  getPreferredSystemLanguages = (): string[] => desktop.languages
  requestSingleInstanceLock = (): boolean => desktop.holdsLock
  whenReady = (): Promise<void> => {
    desktop.calls.push('whenReady')
    return Promise.resolve()
  }
  exit = (code = 0): void => void (desktop.exitCode = code)

  get isPackaged(): boolean {
    return desktop.isPackaged
  }

  quit = (): void => {
    while (desktop.windows.length > 0) desktop.windows[0]?.close()
    if (!emitPreventable(this, 'will-quit')) desktop.exitCode = 0
  }
}

/** Emits an event that a listener may prevent; answers whether one did. */
function emitPreventable(
  emitter: EventEmitter,
  name: string,
  details: object = {},
  ...rest: unknown[]
): boolean {
  let prevented = false
  emitter.emit(name, { ...details, preventDefault: () => (prevented = true) }, ...rest)
  return prevented
}

export class StandInContents extends EventEmitter {
  url = ''
  openHandler: ((details: { readonly url: string }) => { readonly action: string }) | undefined
  getURL = (): string => this.url
  reload = (): void => void this.emit('did-finish-load')
  setWindowOpenHandler = (handler: typeof this.openHandler): void => void (this.openHandler = handler)
  postMessage = (channel: string, _message: unknown, ports: readonly StandInPort[] = []): void => {
    ipcRenderer.emit(channel, { ports: ports.map(({ port }) => port) })
  }

  /** A page tries to go somewhere; answers whether it may. */
  mayNavigate(url: string, isMainFrame = true): boolean {
    return !emitPreventable(this, 'will-frame-navigate', { url, isMainFrame })
  }

  /** A page tries to do something that has an event of its own; answers whether it may. */
  may(event: 'will-attach-webview' | 'will-redirect'): boolean {
    return !emitPreventable(this, event)
  }
}

class StandInWindow extends EventEmitter {
  static getAllWindows = (): StandInWindow[] => [...desktop.windows]
  static getFocusedWindow = (): StandInWindow | null => desktop.windows[0] ?? null
  readonly webContents = new StandInContents()
  readonly options: Electron.BrowserWindowConstructorOptions
  bounds: Electron.Rectangle
  maximized = false
  shown = false
  focused = false

  constructor(options: Electron.BrowserWindowConstructorOptions) {
    super()
    const { x = 10, y = 20, width = 800, height = 600 } = options
    this.options = options
    this.bounds = { x, y, width, height }
    desktop.windows.push(this)
    app.emit('web-contents-created', {}, this.webContents)
  }

  async loadURL(url: string): Promise<void> {
    const response = await desktop.answer?.(new Request(url))
    if (response?.ok !== true) throw new Error(`${url} was not served`)
    this.webContents.url = url
    this.webContents.emit('did-finish-load')
    this.emit('ready-to-show')
  }

  close(): void {
    this.emit('close')
    desktop.windows.splice(desktop.windows.indexOf(this), 1)
    if (desktop.windows.length === 0) app.emit('window-all-closed')
  }

  maximize = (): void => void (this.maximized = true)
  isMaximized = (): boolean => this.maximized
  isMinimized = (): boolean => false
  restore = (): void => {}
  show = (): void => void (this.shown = true)
  focus = (): void => void (this.focused = true)
  getNormalBounds = (): Electron.Rectangle => this.bounds
}

class StandInNotification extends EventEmitter {
  static isSupported = (): boolean => true
  readonly options: Electron.NotificationConstructorOptions

  constructor(options: Electron.NotificationConstructorOptions) {
    super()
    this.options = options
  }

  show = (): void => void desktop.notices.push(this)
}

class StandInPort extends EventEmitter {
  readonly port: MessagePort

  constructor(port: MessagePort) {
    super()
    this.port = port
    port.on('message', (data) => this.emit('message', { data, ports: [] }))
    port.on('close', () => this.emit('close'))
    port.unref()
  }

  start = (): void => {}
  close = (): void => this.port.close()
  postMessage = (message: unknown): void => this.port.postMessage(message, [])
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

/** A Node process that sees `process.parentPort` as in Electron. */
class StandInUtilityProcess extends EventEmitter {
  readonly #child: ChildProcess
  readonly stdout: NodeJS.ReadableStream | null
  readonly stderr: NodeJS.ReadableStream | null

  constructor(modulePath: string) {
    super()
    const parentPort = fileURLToPath(new URL('utility-parent-port.ts', import.meta.url))
    this.#child = fork(modulePath, {
      execArgv: ['--import', parentPort],
      serialization: 'advanced',
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    })
    this.stdout = this.#child.stdout
    this.stderr = this.#child.stderr
    this.#child.on('message', (message) => this.emit('message', message))
    this.#child.on('close', (code) => this.emit('exit', code ?? 1))
  }

  postMessage = (message: object): void => {
    if (this.#child.connected) this.#child.send(message, () => {})
  }
  kill = (): boolean => this.#child.kill()
}

export const app = new StandInApp()
export const ipcRenderer = new EventEmitter()
export const BrowserWindow = StandInWindow
export const Notification = StandInNotification
export const MessageChannelMain = StandInChannel
export const nativeTheme = { shouldUseDarkColors: false } satisfies Partial<Electron.NativeTheme>

export const screen = {
  getAllDisplays: () => desktop.workAreas.map((workArea) => ({ workArea }) as Electron.Display),
} satisfies Partial<Electron.Screen>

export const protocol = {
  registerSchemesAsPrivileged: (schemes) => void desktop.schemes.push(...schemes),
} satisfies Partial<Electron.Protocol>

export const Menu = {
  buildFromTemplate: (template: Electron.MenuItemConstructorOptions[]) => template,
  setApplicationMenu: (menu: Electron.MenuItemConstructorOptions[]) => void (desktop.menu = menu),
}

export const dialog = {
  showMessageBox: (...given: [unknown, Electron.MessageBoxOptions] | [Electron.MessageBoxOptions]) => {
    desktop.dialogs.push(given.length === 1 ? given[0] : given[1])
    return Promise.resolve(desktop.pressed)
  },
  showErrorBox: (title, content) => void desktop.errors.push(`${title}: ${content}`),
  showOpenDialog: (_window: unknown, options?: Electron.OpenDialogOptions) => {
    desktop.dialogs.push(options ?? {})
    return Promise.resolve({ canceled: desktop.chosenFiles.length === 0, filePaths: desktop.chosenFiles })
  },
  showSaveDialog: (_window: unknown, options?: Electron.SaveDialogOptions) => {
    desktop.dialogs.push(options ?? {})
    const { chosenTarget } = desktop
    return Promise.resolve({ canceled: chosenTarget === undefined, filePath: chosenTarget ?? '' })
  },
} satisfies Partial<Electron.Dialog>

export const session = {
  defaultSession: {
    protocol: {
      handle: (_scheme: string, answer: NonNullable<typeof desktop.answer>) => void (desktop.answer = answer),
    },
    webRequest: {
      onBeforeRequest: (handler: BeforeRequestHandler) => void (desktop.beforeRequest = handler),
    },
    setPermissionRequestHandler: (handler: PermissionRequestHandler) =>
      void (desktop.permissionRequest = handler),
    setPermissionCheckHandler: (handler: PermissionCheckHandler) => void (desktop.permissionCheck = handler),
    setDevicePermissionHandler: () => {},
  },
}

export const shell = {
  openExternal: (url) => {
    desktop.opened.push(url)
    return Promise.resolve()
  },
} satisfies Partial<Electron.Shell>

export const utilityProcess = {
  fork: (modulePath: string) => new StandInUtilityProcess(modulePath),
}
