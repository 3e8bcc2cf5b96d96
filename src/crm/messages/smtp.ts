import { createTransport, type SMTPPoolOptions } from 'nodemailer'
import { isLoopbackHost } from '#contract/loopback.ts'
import { type MessagePort, NotDelivered } from './ports.ts'
import type { Settings } from './templates.ts'

const connections = 4
/**
 * A server that has the whole message has ten minutes to answer, and the most of all for that: who gives it up before gets it delivered again at
 * each attempt (RFC 5321, 4.5.3.2.6). Until it begins to take the message it may be given up soon, and tried again: all that comes before has one minute,
 * less than what 4.5.3.2 grants, so that a server that fell silent holds nothing up.
 */
export const smtpTimeouts = {
  envelopeTimeout: 60_000,
  connectionTimeout: 20_000,
  greetingTimeout: 20_000,
  dnsTimeout: 20_000,
  socketTimeout: 10 * 60_000,
  idleTimeout: 20_000,
}

/**
 * `smtps://user:password@host`, or `smtp://host:587`, which must offer STARTTLS: only on loopback mail may go in clear. Certificates are
 * checked. Throws a `TypeError` for any other address.
 */
export function smtpOptions(address: string): SMTPPoolOptions {
  const url = URL.canParse(address) ? new URL(address) : null
  if (!url || (url.protocol !== 'smtp:' && url.protocol !== 'smtps:') || url.hostname === '') {
    throw new TypeError('not an address of a mail server, smtp: or smtps:')
  }
  const secure = url.protocol === 'smtps:'
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const clear = !secure && isLoopbackHost(host)
  return {
    host,
    port: Number(url.port) || (secure ? 465 : 587),
    secure,
    requireTLS: !secure && !clear,
    ignoreTLS: clear,
    tls: { minVersion: 'TLSv1.2' },
    ...(url.username === ''
      ? {}
      : { auth: { user: decodeURIComponent(url.username), pass: decodeURIComponent(url.password) } }),
  }
}

/** E-mail by SMTP. Whether a message whose last answer was lost has arrived nobody can know (RFC 5321, 6.1): it is sent again with its Message-ID. */
export function smtpPort(
  options: SMTPPoolOptions & { envelopeTimeout?: number },
  from: Settings['from'],
): MessagePort {
  const { envelopeTimeout, ...timeouts } = { ...smtpTimeouts, ...options }
  const transport = createTransport({
    ...timeouts,
    pool: true,
    maxConnections: connections,
    disableFileAccess: true,
    disableUrlAccess: true,
  })
  /** By the signal of a delivery, who is to hear that the server has said to DATA that it takes the message. */
  const taking = new WeakMap<AbortSignal, () => void>()
  transport.use('stream', (mail, done) => {
    mail.message.processFunc((body) => {
      // Nobody reads it before.
      body.once('resume', () => mail.data.signal && taking.get(mail.data.signal)?.())
      return body
    })
    done()
  })
  const domain = from.address.slice(from.address.lastIndexOf('@') + 1)
  return {
    via: 'smtp',
    async deliver(message, signal) {
      const { calendar } = message
      const early = new AbortController()
      const envelope = setTimeout(() => early.abort(), envelopeTimeout)
      const ended = AbortSignal.any([early.signal, ...(signal ? [signal] : [])])
      taking.set(ended, () => clearTimeout(envelope))
      try {
        await transport.sendMail({
          signal: ended,
          from,
          // As an object: a string would be read as a list.
          to: { name: '', address: message.recipient },
          subject: message.subject ?? '',
          text: message.text,
          ...(message.html === null ? {} : { html: message.html }),
          ...(calendar === null
            ? {}
            : {
                icalEvent: {
                  method: calendar.method,
                  filename: 'appointment.ics',
                  content: calendar.content,
                },
              }),
          messageId: `<${message.id}@${domain}>`,
          // RFC 3834: so that no absence assistant answers.
          headers: { 'auto-submitted': 'auto-generated' },
        })
      } catch (error) {
        throw early.signal.aborted
          ? new NotDelivered(false, { code: 'ETIMEDOUT', command: 'envelope' })
          : notDelivered(error)
      } finally {
        clearTimeout(envelope)
      }
    },
    async close() {
      transport.close({ force: true })
    },
  }
}

/** Permanent is what the server says of this recipient or this message (5yz, RFC 5321, 4.2.1); of our sender or our sign-in it is ours to mend. */
function notDelivered(error: unknown): NotDelivered {
  const { code, command, responseCode } = error as {
    code?: unknown
    command?: unknown
    responseCode?: unknown
  }
  const ofMessage = command === 'RCPT TO' || command === 'DATA'
  return new NotDelivered(ofMessage && typeof responseCode === 'number' && responseCode >= 500, {
    ...(typeof code === 'string' ? { code } : {}),
    ...(typeof command === 'string' ? { command } : {}),
    ...(typeof responseCode === 'number' ? { responseCode } : {}),
  })
}
