import type { Logger } from 'pino'
import { openAgendaJobs } from './agenda/jobs.ts'
import { type BookingTerms, usualTerms } from './appointments/booking-router.ts'
import { mountApi } from './http/api.ts'
import { openHttp } from './http/server.ts'
import { createAccess } from './identity/access.ts'
import { mountIssuer } from './identity/issuer.ts'
import type { OutsideOptions } from './identity/outside.ts'
import { tellChannels } from './messages/channels.ts'
import { openMessenger, type Pace } from './messages/messenger.ts'
import { outboxPort } from './messages/outbox.ts'
import { type Ports, sendsBy } from './messages/ports.ts'
import type { Templates } from './messages/templates.ts'
import { loadTemplates } from './messages/texts.ts'
import type { PhoneOptions } from './phone/credentials.ts'
import { openRetention, type Retention } from './retention/jobs.ts'
import type { RetentionTerms } from './retention/terms.ts'
import type { Store } from './store/store.ts'
import { openAgeing } from './sync/ageing.ts'
import { openNotices } from './sync/notices.ts'
import type { DirectoryPolicy } from './sync/scope.ts'
import { sweepAttachments } from './tickets/attachments.ts'
import { openClosing } from './tickets/closing.ts'
import { type Scanner, testFileScanner } from './tickets/scanner.ts'

export type CrmOptions = {
  store: Store
  host: string
  /** 0 takes a free one. */
  port: number
  /** Where others reach this CRM, when that is not where it listens: `https://crm.example.it`. */
  publicUrl?: string | undefined
  phone: PhoneOptions
  directory: DirectoryPolicy
  messages?: MessagingOptions
  /** Opens `/metrics` to whoever brings it; without one only this computer may read them. */
  metricsToken?: string | undefined
  /** Proxies beside those on this computer whose word about where a request comes from is believed. */
  proxies?: readonly string[]
  booking?: BookingTerms
  /** Without it no files are taken. */
  attachments?: AttachmentOptions
  /** The city's own OpenID provider; without one people have accounts here. */
  outside?: OutsideOptions | undefined
  /** Without them nothing is purged. */
  retention?: RetentionTerms
  log: Logger
  now?: () => Date
}

/** Where files of requests lie, and what looks at them first; without a scanner only the test file of EICAR is known. */
export type AttachmentOptions = { files: string; scanner?: Scanner }

export type MessagingOptions = {
  /** Texts and settings, from `loadTemplates`; the example city's when absent. */
  templates?: Templates
  /** `smtp:` or `smtps:` address of the mail server; without one e-mail goes to the outbox too. */
  smtpUrl?: string | undefined
  pace?: Partial<Pace>
}

export type Crm = { url: string; close(): Promise<void> }

/** The CRM's API on an open store. Closing it leaves the store open. */
export async function openCrm(options: CrmOptions): Promise<Crm> {
  const { store, log, now = () => new Date() } = options
  // PGlite computes in this thread: a long query delays the loop without the server being too busy to answer.
  const busyAfterMs = store.engine === 'pglite' ? 0 : 5_000
  const { host, port, metricsToken, proxies = [] } = options
  const files = options.attachments ? { scanner: testFileScanner, ...options.attachments } : null
  const http = await openHttp({ host, port, log, store, busyAfterMs, metricsToken, proxies })
  let retention: Retention | null = null
  try {
    const publicUrl = options.publicUrl ?? http.url
    const issuer = await mountIssuer(http.app, { store, publicUrl, log, outside: options.outside })
    const ageing = await openAgeing(store.db, log, now)
    const agenda = await openAgendaJobs(store, log, now)
    const closing = openClosing(store.db, log, now)
    const notices = await openNotices(store, log)
    const sweep = async () => files && sweepAttachments({ db: store.db, files: files.files, now, log })
    await sweep()
    const templates = options.messages?.templates ?? (await loadTemplates())
    const terms = options.retention ?? null
    if (terms) retention = openRetention(store.db, log, terms, now, sweep)
    const ports = await messagePorts(options, templates)
    const sends = sendsBy(ports)
    await tellChannels(store.db, sends)
    await mountApi(http.app, {
      templates,
      sends,
      db: store.db,
      log,
      now,
      notices,
      phone: options.phone,
      booking: options.booking ?? usualTerms,
      attachments: files,
      retention: terms && retention && { terms, nextRunAt: retention.nextRunAt },
      directory: options.directory,
      signedInBy: options.outside ? 'outside' : 'password',
      access: createAccess({ store, ...issuer }),
      waiting: store.waiting,
    })
    await http.start()
    const messenger = openMessenger({
      ...{ db: store.db, log, now, templates, ports },
      ...(options.messages?.pace ? { pace: options.messages.pace } : {}),
    })
    return {
      url: publicUrl,
      async close() {
        const sending = messenger.close()
        await retention?.close()
        await agenda.close()
        await closing.close()
        await ageing.close()
        await notices.close()
        await http.close()
        await sending
      },
    }
  } catch (error) {
    await retention?.close()
    await http.close()
    throw error
  }
}

async function messagePorts(
  { store: { db }, messages }: CrmOptions,
  { settings }: Templates,
): Promise<Ports> {
  const outbox = outboxPort(db)
  const smtpUrl = messages?.smtpUrl
  if (smtpUrl === undefined) return { email: outbox, sms: outbox, whatsapp: outbox }
  const { smtpOptions, smtpPort } = await import('./messages/smtp.ts')
  return { email: smtpPort(smtpOptions(smtpUrl), settings.from), sms: outbox, whatsapp: outbox }
}
