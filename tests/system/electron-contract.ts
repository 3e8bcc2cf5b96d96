import { afterEach, beforeEach, expect, test } from 'vitest'

/** What can be seen and done from outside with the desk in an Electron, real or stand-in. */
export type ElectronUnderTest = {
  windows(): Promise<{ url: string; visible: boolean }[]>
  /** What the page's script finds of Node, and whether the preload left anything on its window. */
  pagePowers(): Promise<{ node: boolean; preloadNames: string[] }>
  /** Where the desk's window is after its page tried to go to `url`. */
  navigate(url: string): Promise<string>
  /** Whether `window.open` gave the page a window. */
  openWindow(url: string): Promise<boolean>
  permissions(): Promise<Record<'microphone' | 'camera' | 'geolocation' | 'notifications', boolean>>
  /** An answer of the `app://` scheme. */
  load(url: string): Promise<{ status: number; policy: string; body: string }>
  /** Whether the page, when it asks, is handed a port. */
  askPort(): Promise<boolean>
  /** Resolves when the page is handed another port by itself. */
  nextPort(): Promise<void>
  killHost(): Promise<void>
  /** Crashes the media end's page and resolves when it has loaded again. */
  crashMedia(): Promise<void>
  /** Starts the desk once more, and tells whether the first one's window came to the front. */
  startSecond(): Promise<boolean>
  quit(): Promise<void>
}

/** The shell's promises, the same for the real Electron and its stand-in. */
export function electronContract(start: () => Promise<ElectronUnderTest>): void {
  let desk: ElectronUnderTest
  beforeEach(async () => {
    desk = await start()
  })
  afterEach(() => desk.quit())

  test('one window is seen, and the media end has a hidden one', async () => {
    expect(await desk.windows()).toEqual([
      { url: 'app://desk/index.html', visible: true },
      { url: 'app://desk/media.html', visible: false },
    ])
  })

  test('the page has no Node and nothing of the preload', async () => {
    expect(await desk.pagePowers()).toEqual({ node: false, preloadNames: [] })
  })

  test.each([
    'https://example.com/',
    'file:///etc/passwd',
    'app://other/index.html',
    'app://desk/assets/x.svg',
  ])('the window does not leave for %s', async (url) => {
    expect(await desk.navigate(url)).toBe('app://desk/index.html')
  })

  test('no window can be opened', async () => {
    expect(await desk.openWindow('https://example.com/')).toBe(false)
    expect(await desk.openWindow('app://desk/index.html')).toBe(false)
    expect(await desk.windows()).toHaveLength(2)
  })

  test('the page may use the microphone and nothing else', async () => {
    expect(await desk.permissions()).toEqual({
      microphone: true,
      camera: false,
      geolocation: false,
      notifications: false,
    })
  })

  test('app:// serves the built page under a strict policy, and nothing beside it', async () => {
    const index = await desk.load('app://desk/index.html')
    expect(index.status).toBe(200)
    expect(index.policy).toContain("default-src 'none'")
    expect(index.policy).toContain("script-src 'self';")
    expect(index.policy).not.toContain('unsafe')
    for (const url of [
      'app://desk/nothing.html',
      'app://desk/..%2f..%2fpackage.json',
      'app://other/index.html',
    ]) {
      const answer = await desk.load(url)
      expect(answer.status).toBe(404)
      expect(answer.body).toBe('')
    }
  })

  test('the page is handed a port to the host, and another when the host was started anew', async () => {
    expect(await desk.askPort()).toBe(true)
    const next = desk.nextPort()
    await desk.killHost()
    await next
  })

  test('a crashed media end is loaded again', async () => {
    await desk.crashMedia()
    expect(await desk.windows()).toHaveLength(2)
  })

  test('a second start brings the first to the front', async () => {
    expect(await desk.startSecond()).toBe(true)
  })
}
