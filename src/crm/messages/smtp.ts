import { createTransport, type SMTPPoolOptions } from 'nodemailer'
import { isLoopbackHost } from '#contract/loopback.ts'
import { type MessagePort, NotDelivered } from './ports.ts'
import type { Settings } from './templates.ts'

const connections = 4
/** Silence after which a server is given up. Shorter than a claim lasts, so that nobody else sends what may still be going out. */
const silenceMs = 20_000

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
export function smtpPort(options: SMTPPoolOptions, from: Settings['from']): MessagePort {
  const transport = createTransport({
    ...options,
    pool: true,
    maxConnections: connections,
    connectionTimeout: silenceMs,
    greetingTimeout: silenceMs,
    dnsTimeout: silenceMs,
    socketTimeout: silenceMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  })
  let end = () => {}
  const ended = new Promise<never>((_, reject) => {
    end = () => reject(new Error('closed'))
  })
  ended.catch(() => {})
  const domain = from.address.slice(from.address.lastIndexOf('@') + 1)
  return {
    via: 'smtp',
    async deliver(message) {
      const { calendar } = message
      try {
        const sending = transport.sendMail({
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
        sending.catch(() => {})
        await Promise.race([sending, ended])
      } catch (error) {
        throw notDelivered(error)
      }
    },
    async close() {
      end()
      transport.close()
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
