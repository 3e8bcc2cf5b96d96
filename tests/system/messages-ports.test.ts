import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { newId } from '#contract/domain/ids.ts'
import { usualPace } from '../../src/crm/messages/messenger.ts'
import { outboxPort } from '../../src/crm/messages/outbox.ts'
import type { MessagePort, Outgoing } from '../../src/crm/messages/ports.ts'
import { smtpOptions, smtpPort, smtpTimeouts } from '../../src/crm/messages/smtp.ts'
import { selfSigned } from '../support/certificate.ts'
import { type CrmUnderTest, startCrm } from '../support/crm.ts'
import { inDays } from '../support/crm-city.ts'
import { MailServer, type MailServerOptions, smtpAnswer } from '../support/mail-server.ts'
import { BookingDesk } from '../support/messages.ts'

const from = { name: 'Comune di Prova, appuntamenti', address: 'appuntamenti@comune.example' }
let crm: CrmUnderTest
let appointmentId: string
beforeAll(async () => {
  crm = await startCrm()
  const desk = await BookingDesk.open(crm)
  appointmentId = await desk.book({ startsAt: inDays(9), citizenId: null })
})
afterAll(() => crm.stop())

const outgoing = (over: Partial<Outgoing> = {}): Outgoing => ({
  id: newId(),
  appointmentId,
  ticketId: null,
  channel: 'email',
  recipient: 'ada@example.org',
  subject: 'Appuntamento è confermato',
  text: 'Riga uno: perché, così.\n.\nRiga tre\n',
  html: null,
  calendar: null,
  ...over,
})

const mailServer = async (options: MailServerOptions = {}) => {
  const server = await MailServer.open(options)
  onTestFinished(() => server.close())
  return server
}
const smtp = (url: string, timeouts: Partial<typeof smtpTimeouts> = {}) => {
  const port = smtpPort({ ...smtpOptions(url), ...timeouts }, from)
  onTestFinished(() => port.close())
  return port
}

type Taken = { id: string; recipient: string; subject: string | null | undefined; text: string }
const kinds: Record<string, () => Promise<{ port: MessagePort; taken(): Promise<Taken[]> }>> = {
  async SMTP() {
    const server = await mailServer()
    return {
      port: smtp(server.url),
      taken: async () =>
        server.received.map(({ mail, to }) => ({
          id: mail.messageId?.replace(/^<|@.*$/g, '') ?? '',
          recipient: to.join(),
          subject: mail.subject,
          text: mail.text?.replaceAll('\r\n', '\n') ?? '',
        })),
    }
  },
  async outbox() {
    const { db } = crm.store
    await db.deleteFrom('message_outbox').execute()
    return {
      port: outboxPort(db),
      taken: () =>
        db
          .selectFrom('message_outbox')
          .select(['message_id as id', 'recipient', 'subject', 'body as text'])
          .orderBy('written_at')
          .execute(),
    }
  },
}

describe.each(Object.entries(kinds))('a way out: %s', (_, open) => {
  test('hands over recipient, subject and text as they are', async () => {
    const { port, taken } = await open()
    const message = outgoing()
    await port.deliver(message)
    const [one] = await taken()
    expect(one).toMatchObject({ id: message.id, recipient: message.recipient, subject: message.subject })
    expect(one?.text.trimEnd()).toBe(message.text.trimEnd())
  })

  test('a message handed over twice can be told to be one', async () => {
    const { port, taken } = await open()
    const message = outgoing()
    await port.deliver(message)
    await port.deliver(message)
    expect(new Set((await taken()).map(({ id }) => id))).toEqual(new Set([message.id]))
  })

  test('several at once arrive each for itself', async () => {
    const { port, taken } = await open()
    const messages = Array.from({ length: 12 }, (__, i) =>
      outgoing({ recipient: `citizen-${i}@example.org` }),
    )
    await Promise.all(messages.map((message) => port.deliver(message)))
    const expected = messages.map(({ id, recipient }) => `${id} ${recipient}`)
    expect((await taken()).map(({ id, recipient }) => `${id} ${recipient}`).toSorted()).toEqual(
      expected.toSorted(),
    )
  })

  test('what a recipient or subject looks like makes no second recipient and no header', async () => {
    const { port, taken } = await open()
    const nasty = outgoing({ recipient: 'ada@example.org', subject: 'x\r\nBcc: eve@example.org' })
    await port.deliver(nasty)
    expect((await taken()).map(({ recipient }) => recipient)).toEqual(['ada@example.org'])
    await port.deliver(outgoing({ recipient: 'ada@example.org, eve@example.org' })).catch(() => {})
    expect(
      (await taken()).some(
        ({ recipient }) => recipient.includes('eve@example.org') && !recipient.includes(', '),
      ),
    ).toBe(false)
  })
})

describe('SMTP', () => {
  test('carries HTML and the calendar file with its method, says who writes and that a machine does', async () => {
    const server = await mailServer()
    const content = ['BEGIN:VCALENDAR', 'VERSION:2.0', 'METHOD:REQUEST', 'END:VCALENDAR', ''].join('\r\n')
    await smtp(server.url).deliver(
      outgoing({ html: '<p>Così</p>', calendar: { method: 'REQUEST', content } }),
    )
    const mail = server.received[0]?.mail
    expect(mail?.from).toMatchObject(from)
    expect(mail?.html).toContain('<p>Così</p>')
    expect(mail?.headers.find(({ key }) => key === 'auto-submitted')?.value).toBe('auto-generated')
    expect(server.received[0]?.raw).toMatch(/Content-Type: text\/calendar; charset=utf-8; method=REQUEST/i)
    const file = mail?.attachments.find(({ filename }) => filename === 'appointment.ics')
    // Lines of text travel as CRLF; the parser writes them in its own way.
    const read = new TextDecoder().decode(file?.content as ArrayBuffer)
    expect(read.replaceAll(/\r?\n/g, '\r\n')).toBe(content)
  })

  test.each([
    ['a recipient that the server does not know', 550, 'rcpt', true],
    ['a recipient whose box is full', 452, 'rcpt', false],
    ['a message that the server refuses', 554, 'data', true],
    ['a message that the server puts off', 451, 'data', false],
    ['a sender that the server refuses', 553, 'from', false],
  ] as const)('%s (%i) is told, permanent or not, without its address', async (_, code, where, permanent) => {
    const refuse = smtpAnswer(code, '<ada@example.org> Nicolò: no')
    const server = await mailServer({
      ...(where === 'rcpt' ? { onRcptTo: (__, ___, done) => done(refuse) } : {}),
      ...(where === 'from' ? { onMailFrom: (__, ___, done) => done(refuse) } : {}),
      beforeAccepting() {
        throw refuse
      },
    })
    const failed = await smtp(server.url)
      .deliver(outgoing())
      .catch((error: unknown) => error)
    expect(failed).toMatchObject({ message: 'not delivered', permanent, detail: { responseCode: code } })
    expect(JSON.stringify((failed as { detail: unknown }).detail)).not.toMatch(/ada|Nicol/)
  })

  test('a server that is not there is told as not permanent', async () => {
    const server = await MailServer.open()
    const { url } = server
    await server.close()
    await expect(smtp(url).deliver(outgoing())).rejects.toMatchObject({
      permanent: false,
      detail: { code: 'ESOCKET' },
    })
  })

  test('a server that has the message has ten minutes to say so, and nobody else sends it meanwhile', () => {
    expect(smtpTimeouts.socketTimeout).toBeGreaterThanOrEqual(600_000)
    expect(usualPace.deliverMs).toBeGreaterThan(smtpTimeouts.envelopeTimeout + smtpTimeouts.socketTimeout)
    expect(usualPace.leaseMs).toBeGreaterThan(usualPace.deliverMs)
  })

  test('a server that takes longer over a message than over its greeting gets it once', async () => {
    const server = await mailServer({ beforeAccepting: () => setTimeout(2500) })
    const timeouts = { envelopeTimeout: 2000, connectionTimeout: 2000, greetingTimeout: 2000 }
    await smtp(server.url, timeouts).deliver(outgoing({ text: 'Riga\n'.repeat(20_000) }))
    expect(server.received).toHaveLength(1)
  })

  test('a server that falls silent before it takes the message is given up within a minute, and left', async () => {
    expect(smtpTimeouts.envelopeTimeout).toBeLessThanOrEqual(60_000)
    for (const silence of ['onMailFrom', 'onRcptTo'] as const) {
      const left = Promise.withResolvers<void>()
      const server = await mailServer({
        [silence]: () => {},
        onClose: () => left.resolve(),
        closeTimeout: 100,
      })
      const sending = smtp(server.url, { envelopeTimeout: 200 }).deliver(outgoing())
      await expect(sending).rejects.toMatchObject({ permanent: false, detail: { code: 'ETIMEDOUT' } })
      await left.promise
    }
  })

  test('what is given up is not still under way', async () => {
    const begun = Promise.withResolvers<void>()
    const left = Promise.withResolvers<void>()
    const server = await mailServer({
      beforeAccepting() {
        begun.resolve()
        return new Promise(() => {})
      },
      onClose: () => left.resolve(),
      closeTimeout: 100,
    })
    const giveUp = new AbortController()
    const sending = smtp(server.url).deliver(outgoing(), giveUp.signal)
    await begun.promise
    giveUp.abort()
    await expect(sending).rejects.toMatchObject({ permanent: false, detail: { code: 'EABORT' } })
    await left.promise
  })

  test('closing ends what is under way', async () => {
    let arrived = () => {}
    const there = new Promise<void>((resolve) => {
      arrived = resolve
    })
    const server = await mailServer({
      beforeAccepting() {
        arrived()
        return new Promise(() => {})
      },
      closeTimeout: 100,
    })
    const port = smtp(server.url)
    const sending = port.deliver(outgoing()).then(
      () => 'sent',
      () => 'ended',
    )
    await there
    await port.close()
    expect(await sending).toBe('ended')
  })
})

describe('beyond loopback', () => {
  /** As for `mail.example.it`, reached here. */
  const elsewhere = (server: MailServer, scheme: 'smtp' | 'smtps', ca: string[]) => {
    const options = smtpOptions(`${scheme}://clerk:s%40cret@mail.example.it`)
    const port = smtpPort(
      {
        ...options,
        host: '127.0.0.1',
        port: server.port,
        tls: { ...options.tls, servername: 'mail.example.it', ca },
      },
      from,
    )
    onTestFinished(() => port.close())
    return port
  }
  const onAuth: MailServerOptions['onAuth'] = ({ username, password }, _, done) =>
    password === 's@cret' && username ? done(null, { user: username }) : done(new Error('no'))

  test('a server without STARTTLS gets neither password nor mail', async () => {
    const server = await mailServer({ disabledCommands: ['STARTTLS'], allowInsecureAuth: true, onAuth })
    await expect(elsewhere(server, 'smtp', []).deliver(outgoing())).rejects.toMatchObject({
      permanent: false,
    })
    expect(server.received).toEqual([])
  })

  test('a certificate that nobody vouches for is refused, with STARTTLS and with TLS from the start', async () => {
    for (const secure of [false, true]) {
      const server = await mailServer({ secure, onAuth })
      const port = elsewhere(server, secure ? 'smtps' : 'smtp', [])
      await expect(port.deliver(outgoing())).rejects.toMatchObject({ permanent: false })
      expect(server.received).toEqual([])
    }
  })

  test('with one that counts, mail goes encrypted and signed in, both ways', async () => {
    const certificate = await selfSigned('mail.example.it')
    const ca = [certificate.cert]
    const withTls = await mailServer({ ...certificate, secure: true, onAuth })
    const withStartTls = await mailServer({ ...certificate, onAuth })
    for (const [server, scheme] of [
      [withTls, 'smtps'],
      [withStartTls, 'smtp'],
    ] as const) {
      await elsewhere(server, scheme, ca).deliver(outgoing())
      expect(server.received).toMatchObject([{ encrypted: true, user: 'clerk' }])
    }
  })

  test.each(['http://mail.example.it', 'mail.example.it', 'smtp://', ''])(
    '%j is no mail server',
    (address) => {
      expect(() => smtpOptions(address)).toThrow(TypeError)
    },
  )
})
