import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Temporal } from 'temporal-polyfill'
import type { Language } from '#contract/domain/citizen.ts'
import type { Words } from '#contract/domain/ids.ts'
import type { MessageChannel, MessageKind } from '#contract/domain/message.ts'
import { spellingLanguage, spokenCode } from '#contract/domain/spelling.ts'
import { FileProblem, lineOfPath } from '#contract/json-text.ts'
import { comesTwice } from './calendar.ts'
import type { Facts } from './facts.ts'
import { sampleFacts } from './sample-facts.ts'
import { smsLength, toGsm } from './sms-length.ts'
import {
  cityMessages,
  fillLine,
  fillLines,
  readTemplates,
  type Templates,
  type TextKind,
  type Texts,
  textKinds,
  type Values,
  valueNames,
} from './templates.ts'
import type { Told } from './told.ts'

/**
 * The city's texts and settings, from `settings.json` and a file a language; throws a `FileProblem` that names file and line for what
 * cannot be sent as it is, also for an SMS of more parts than the city allows.
 */
export async function loadTemplates(folder: string = cityMessages): Promise<Templates> {
  const templates = await readTemplates(folder)
  const { smsParts } = templates.settings
  for (const [language, texts] of Object.entries(templates.texts) as [Language, Texts][]) {
    const sample = { ...valuesOf(templates, sampleFacts, language), services: null }
    const values = { ...sample, protocol: sampleProtocol }
    for (const kind of textKinds) {
      const { parts } = smsLength(toGsm(fillLines(texts.sms[kind], values).join(' ')))
      if (parts <= smsParts) continue
      const name = `${language}.json`
      const line = lineOfPath(await readFile(join(folder, name), 'utf8'), ['sms', kind])
      throw new FileProblem(name, line, `sms.${kind}: ${parts} parts, ${smsParts} are allowed`)
    }
  }
  return templates
}

export type Rendered = { subject: string | null; text: string; html: string | null }

/** What a message says, in the languages its reader is served in. */
export function renderMessage(
  templates: Templates,
  message: { kind: MessageKind; channel: MessageChannel; language: Language },
  facts: Facts,
): Rendered {
  const kind = textKind(message.kind, facts)
  const languages = languagesFor(templates, message.language)
  if (message.channel === 'sms') {
    // Two languages would not fit.
    const language = languages[0] ?? 'it'
    const lines = textsOf(templates, language).sms[kind]
    return { subject: null, html: null, text: fitSms(templates, lines, valuesOf(templates, facts, language)) }
  }
  const written = languages.map((language) => {
    const values = valuesOf(templates, facts, language)
    const texts = textsOf(templates, language)
    return message.channel === 'email'
      ? {
          values,
          language,
          subject: fillLine(texts.email[kind].subject, values),
          lines: fillLines(texts.email[kind].text, values),
        }
      : { values, language, subject: null, lines: fillLines(texts.whatsapp[kind], values) }
  })
  const text = written.map(({ lines }) => lines.join('\n')).join('\n\n* * *\n\n')
  if (message.channel === 'whatsapp') return { subject: null, html: null, text }
  return {
    subject: written
      .map(({ subject }) => subject)
      .filter((subject) => subject !== null)
      .join(' / '),
    text: `${text}\n`,
    html: toHtml(written),
  }
}

/**
 * What was written to somebody of their request, between the city's lines in the reader's language. The text stands once, as it was written; an
 * SMS that has no room for all of it says that there is a message and where to ask.
 */
export function renderTold(
  templates: Templates,
  message: { channel: MessageChannel; language: Language },
  told: Pick<Told, 'protocol' | 'text'>,
): Rendered {
  const language = languagesFor(templates, message.language)[0] ?? 'it'
  const texts = textsOf(templates, language)
  const { callNumber, smsParts } = templates.settings
  const values: Values = { ...noValues, callNumber, protocol: told.protocol, message: told.text }
  if (message.channel === 'sms') {
    const sms = (of: Values) => toGsm(fillLines(texts.sms.told, of).join(' '))
    const whole = sms(values)
    const text = smsLength(whole).parts <= smsParts ? whole : sms({ ...values, message: null })
    return { subject: null, html: null, text }
  }
  if (message.channel === 'whatsapp')
    return { subject: null, html: null, text: fillLines(texts.whatsapp.told, values).join('\n') }
  const lines = fillLines(texts.email.told.text, values)
  return {
    subject: fillLine(texts.email.told.subject, values),
    text: `${lines.join('\n\n')}\n`,
    html: toHtml([{ values, language, lines }]),
  }
}

const sampleProtocol = 'R-2027-000123'
const noValues = Object.fromEntries(valueNames.map((name) => [name, null])) as Values

const textsOf = (templates: Templates, language: Language): Texts =>
  templates.texts[language] ?? templates.texts.it

/** The reader's own language where the city wrote it; everybody else gets English and, below it, Italian. */
function languagesFor(templates: Templates, language: Language): Language[] {
  if (templates.texts[language]) return [language]
  return templates.texts.en ? ['en', 'it'] : ['it']
}

function textKind(kind: MessageKind, facts: Facts): TextKind {
  if (kind !== 'cancellation') return kind
  return facts.state === 'cancelled-by-citizen' ? 'cancellation-by-citizen' : 'cancellation-by-office'
}

const wordsOf = (words: Words, language: Language): string => (language === 'it' ? words.it : words.en)

function valuesOf({ settings }: Templates, facts: Facts, language: Language): Values {
  const at = new Date(facts.startsAt)
  const format = (options: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat(language === 'en' ? 'en-GB' : language, {
      timeZone: facts.office.zone,
      ...options,
    })
  const long = format({ weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' })
  const clock = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const
  const time = (instant: string): string => {
    const text = format(clock).format(new Date(instant))
    // Which of the two is meant.
    return comesTwice(Temporal.Instant.from(instant).toZonedDateTimeISO(facts.office.zone))
      ? `${text} (${zoneName(format({ timeZoneName: 'long' }), instant)})`
      : text
  }
  const link = (address: string | null) =>
    address?.replaceAll('{code}', encodeURIComponent(facts.code)) ?? null
  const documents = [...new Set(facts.services.map((service) => wordsOf(service.documents, language)))]
  return {
    ...noValues,
    code: facts.code,
    spelledCode: spokenCode(facts.code, spellingLanguage(language)),
    services: facts.services.map((service) => wordsOf(service.name, language)).join(', ') || null,
    documents: documents.join(' ') || null,
    day: long.format(at),
    shortDay: format({ weekday: 'short', day: 'numeric', month: 'numeric', year: 'numeric' }).format(at),
    time: time(facts.startsAt),
    office: facts.office.name,
    address: facts.office.address,
    confirmBy:
      facts.confirmBy === null ? null : confirmByText(facts.confirmBy, facts.office.zone, long, time),
    reason: facts.reason,
    callNumber: settings.callNumber,
    recoveryLink: link(settings.links.recovery),
    confirmLink: link(settings.links.confirm),
  }
}

/** Midnight belongs to the day that ends with it: "by 1 February, 00:00" would be read as the first. */
function confirmByText(
  confirmBy: string,
  zone: string,
  long: Intl.DateTimeFormat,
  time: (instant: string) => string,
): string {
  const at = Temporal.Instant.from(confirmBy).toZonedDateTimeISO(zone)
  if (at.hour === 0 && at.minute === 0) return long.format(new Date(confirmBy).getTime() - 1)
  return `${long.format(new Date(confirmBy))}, ${time(confirmBy)}`
}

/** "Ora legale dell’Europa centrale", inside a sentence. */
function zoneName(format: Intl.DateTimeFormat, instant: string): string {
  const parts = format.formatToParts(new Date(instant))
  const name = parts.find(({ type }) => type === 'timeZoneName')?.value ?? ''
  const { locale } = format.resolvedOptions()
  return locale === 'it' ? name.charAt(0).toLowerCase() + name.slice(1) : name
}

/** Shortens the services' names, the only part whose length nobody bounds, until the text takes no more parts than the city pays for. */
function fitSms({ settings }: Templates, lines: readonly string[], values: Values): string {
  const names = values.services ?? ''
  for (let length = names.length; ; length -= 1) {
    const services =
      length === names.length ? names : length > 3 ? `${names.slice(0, length).trimEnd()}...` : null
    const text = toGsm(fillLines(lines, { ...values, services: services || null }).join(' '))
    if (smsLength(text).parts <= settings.smsParts || services === null) return text
  }
}

const signs: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }
const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (sign) => signs[sign] ?? sign)

/** One paragraph a line; only the city's own addresses become links. */
function toHtml(parts: { values: Values; language: Language; lines: string[] }[]): string {
  const paragraph = (line: string, values: Values) => {
    const links = [values.recoveryLink, values.confirmLink].filter((link) => link !== null)
    let html = escapeHtml(line)
    for (const link of new Set(links)) {
      const href = escapeHtml(link)
      html = html.replaceAll(href, () => `<a href="${href}">${href}</a>`)
    }
    return `<p>${html.replaceAll('\n', '<br>')}</p>`
  }
  const bodies = parts.map(
    ({ values, language, lines }) =>
      `<div lang="${language}">\n${lines.map((line) => paragraph(line, values)).join('\n')}\n</div>`,
  )
  return `<!doctype html>\n<html lang="${parts[0]?.language ?? 'it'}"><head><meta charset="utf-8"></head><body>\n${bodies.join('\n<hr>\n')}\n</body></html>\n`
}
