import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import PostalMime, { type Email } from 'postal-mime'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'

export type ReceivedMail = { to: string[]; encrypted: boolean; user: string | null; raw: string; mail: Email }

export type MailServerOptions = SMTPServerOptions & {
  /** Called when a message has come whole and before it is accepted; what it throws is the answer. */
  beforeAccepting?(received: ReceivedMail): Promise<void> | void
}

/** What an SMTP server answers. */
export const smtpAnswer = (responseCode: number, text: string): Error =>
  Object.assign(new Error(text), { responseCode })

/** A real SMTP server on loopback that keeps what it accepts. */
export class MailServer {
  readonly received: ReceivedMail[] = []
  readonly #server: SMTPServer

  private constructor(options: MailServerOptions) {
    const { beforeAccepting = () => {}, ...rest } = options
    this.#server = new SMTPServer({
      authOptional: true,
      logger: false,
      ...rest,
      onData: (stream, session, done) => {
        const chunks: Buffer[] = []
        stream.on('data', (chunk: Buffer) => chunks.push(chunk))
        stream.on('end', async () => {
          try {
            const raw = Buffer.concat(chunks).toString('utf8')
            const received = {
              to: session.envelope.rcptTo.map(({ address }) => address),
              encrypted: session.secure,
              user: typeof session.user === 'string' ? session.user : null,
              raw,
              mail: await PostalMime.parse(raw),
            }
            await beforeAccepting(received)
            this.received.push(received)
            done()
          } catch (error) {
            done(error as Error)
          }
        })
      },
    })
    // A client that goes away in the middle is no failure of the server.
    this.#server.on('error', () => {})
  }

  static async open(options: MailServerOptions = {}): Promise<MailServer> {
    const server = new MailServer(options)
    await once(server.#server.listen(0, '127.0.0.1'), 'listening')
    return server
  }

  get port(): number {
    return (this.#server.server.address() as AddressInfo).port
  }

  get url(): string {
    return `smtp://127.0.0.1:${this.port}`
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve())
    })
  }
}
