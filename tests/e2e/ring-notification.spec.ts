import { expect, test } from './desk.ts'

type Shown = { title: string; options: NotificationOptions; open: boolean }
declare global {
  interface Window {
    shown: Shown[]
  }
}

test('a ring behind other windows is announced once, without sound or names, and no longer than it rings', async ({
  city,
  desks,
}) => {
  const desk = await desks.open()
  await desk.beginShift()
  await desk.page.evaluate(() => {
    window.shown = []
    document.hasFocus = () => false
    Object.assign(window, {
      Notification: class {
        static permission = 'granted'
        readonly #shown: Shown
        constructor(title: string, options: NotificationOptions) {
          this.#shown = { title, options, open: true }
          window.shown.push(this.#shown)
        }
        close() {
          this.#shown.open = false
        }
      },
    })
  })
  const notification = {
    title: 'Squilla: Ascolto',
    options: { body: 'Apri Ascolto per rispondere.', silent: true, tag: 'ring' },
  }
  const shown = (opened: boolean[]) =>
    expect
      .poll(() => desk.page.evaluate(() => window.shown))
      .toEqual(opened.map((open) => ({ ...notification, open })))
  const looks = (at: 'focus' | 'blur') =>
    desk.page.evaluate((event) => {
      document.hasFocus = () => event === 'focus'
      window.dispatchEvent(new Event(event))
    }, at)
  await city.call('stays-on-the-line')
  await desk.rings()
  await shown([true])
  await looks('focus')
  await shown([false])
  await looks('blur')
  await shown([false, true])
  await desk.answer()
  await shown([false, false])
  await desk.hangUp()
  await desk.wrapUp('Risolto subito', 'Carta d’identità')
  await looks('focus')
  await city.call('stays-on-the-line')
  await desk.rings()
  await shown([false, false])
  await looks('blur')
  await shown([false, false, true])
})
