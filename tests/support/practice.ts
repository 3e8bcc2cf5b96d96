import { pino } from 'pino'
import { defaultRealm, type Line, type LineOptions, openLine } from '../../src/practice/line.ts'
import { credential, SipDesk } from './sip-desk.ts'

export const practiceSecret = 'a secret of the practice line for tests, long enough'

export type Practice = {
  line: Line
  /** A desk with a credential as the CRM issues it. Not registered yet. */
  desk(
    extension: string,
    options?: { secondsFromNow?: number; password?: string; username?: string; expires?: number },
  ): SipDesk
  /** Registered, attached to the queue and ready. */
  readyDesk(extension: string): Promise<SipDesk>
  /** Asks to be ready while somebody waits, and so is rung at once. */
  busyDesk(extension: string): Promise<SipDesk>
  close(): Promise<void>
}

/** A practice line on a free port, with desks that are closed with it. */
export async function openPractice(options: Partial<LineOptions> = {}): Promise<Practice> {
  const line = await openLine({
    port: 0,
    sipSecret: practiceSecret,
    log: pino({ level: process.env.ASCOLTO_LOG ?? 'silent' }, pino.destination(2)),
    ...options,
  })
  const desks: SipDesk[] = []
  async function attached(extension: string): Promise<SipDesk> {
    const desk = practice.desk(extension)
    const status = await desk.register()
    if (status !== 200) throw new Error(`not registered: ${status}`)
    await desk.attach(line.queueUrl)
    return desk
  }
  const practice: Practice = {
    line,
    desk(extension, { secondsFromNow, password, username, expires } = {}) {
      const issued = credential(practiceSecret, extension, secondsFromNow)
      const desk = new SipDesk({
        sipUrl: line.sipUrl,
        extension,
        realm: options.realm ?? defaultRealm,
        credential: { username: username ?? issued.username, password: password ?? issued.password },
        ...(expires === undefined ? {} : { expires }),
      })
      desks.push(desk)
      return desk
    },
    async readyDesk(extension) {
      const desk = await attached(extension)
      await desk.ready()
      return desk
    },
    async busyDesk(extension) {
      const desk = await attached(extension)
      desk.tell({ type: 'set', state: 'ready', reason: null })
      await desk.isIn('offered')
      return desk
    },
    async close() {
      for (const desk of desks) await desk.close()
      await line.close()
    },
  }
  return practice
}
