import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { MessageChannel, MessageKind } from '#contract/domain/message.ts'
import { sampleFacts } from './sample-facts.ts'
import { smsLength } from './sms-length.ts'
import { cityMessages, type Templates } from './templates.ts'
import { loadTemplates, renderMessage } from './texts.ts'

let templates: Templates
beforeAll(async () => {
  templates = await loadTemplates()
})

describe('the city’s texts', () => {
  const every = MessageKind.options.flatMap((kind) =>
    MessageChannel.options.flatMap((channel) =>
      (['it', 'en', 'fr', 'es', 'ro'] as const).map((language) => ({ kind, channel, language })),
    ),
  )
  test.each(every)('$kind by $channel in $language says what it must', (message) => {
    const { text, subject, html } = renderMessage(templates, message, sampleFacts)
    expect(text).not.toMatch(/[{}]|\bundefined\b|\bnull\b/)
    expect(subject !== null).toBe(message.channel === 'email')
    expect(html !== null).toBe(message.channel === 'email')
    expect(text).toContain('K7-4MQ')
    if (message.channel !== 'sms')
      expect(text).toMatch(
        /mercoledì 29 settembre 2027|Wednesday, 29 September 2027|mercredi 29 septembre 2027|miércoles, 29 de septiembre de 2027/,
      )
    else
      expect(smsLength(text)).toMatchObject({
        encoding: 'gsm-7',
        parts: expect.toSatisfy((n: number) => n <= 2),
      })
  })

  test.each([
    [
      'fr',
      /^Bonjour,\nVotre rendez-vous est confirmé\.[\s\S]*mercredi 29 septembre 2027 à 09:00[\s\S]*K comme Kilo/,
    ],
    [
      'es',
      /^Buenos días:\nSu cita está confirmada\.[\s\S]*miércoles, 29 de septiembre de 2027, 09:00[\s\S]*K como Kilo/,
    ],
  ] as const)('who reads %s is written in it, and in no other', (language, expected) => {
    const message = { kind: 'confirmation', channel: 'email', language } as const
    const { text } = renderMessage(templates, message, sampleFacts)
    expect(text).toMatch(expected)
    expect(text).not.toContain('* * *')
  })

  test.each([
    ['fr', 'en anglais', ['Service', 'À apporter']],
    ['es', 'en inglés', ['Servicio', 'Qué debe traer']],
  ] as const)('who reads %s is told that the city’s own words come in English', (language, note, heads) => {
    for (const channel of ['email', 'whatsapp'] as const) {
      const { text } = renderMessage(templates, { kind: 'confirmation', channel, language }, sampleFacts)
      for (const [nth, head] of heads.entries()) {
        const words = nth === 0 ? 'Electronic identity card' : 'Previous card, one photograph.'
        expect(text).toMatch(new RegExp(`${head} \\(${note}\\)\\s?: ${words}`))
      }
    }
  })

  test('a language that the city does not write gets English and then Italian; an SMS only English', () => {
    const message = { kind: 'confirmation', language: 'ro' } as const
    const mail = renderMessage(templates, { ...message, channel: 'email' }, sampleFacts)
    expect(mail.text.indexOf('your appointment is confirmed')).toBeLessThan(
      mail.text.indexOf('appuntamento è confermato'),
    )
    expect(mail.subject).toMatch(/^Appointment confirmed.* \/ Appuntamento confermato/)
    expect(renderMessage(templates, { ...message, channel: 'sms' }, sampleFacts).text).toMatch(
      /^Appointment K7-4MQ/,
    )
  })

  test.each([
    ['2027-03-28T07:00:00Z', 'domenica 28 marzo 2027, ore 09:00'],
    ['2027-10-31T08:00:00Z', 'domenica 31 ottobre 2027, ore 09:00'],
  ])('the hour is the office’s, on the days of the clocks too: %s', (startsAt, written) => {
    const { text } = renderMessage(
      templates,
      { kind: 'confirmation', channel: 'email', language: 'it' },
      { ...sampleFacts, startsAt },
    )
    expect(text).toContain(written)
  })

  test('an office that cancels apologises, says that it counts as no absence, and where to go on', () => {
    const message = { channel: 'email', language: 'it' } as const
    const byOffice = { ...sampleFacts, state: 'cancelled-by-office', reason: 'guasto informatico' } as const
    const cancelled = renderMessage(templates, { ...message, kind: 'cancellation' }, byOffice).text
    expect(cancelled).toMatch(
      /Ce ne scusiamo[\s\S]*Motivo: guasto informatico[\s\S]*non Le sarà contato come assenza/,
    )
    const recovery = renderMessage(templates, { ...message, kind: 'recovery' }, byOffice)
    expect(recovery.text).toContain('https://appuntamenti.comune.example/recupero/K7-4MQ')
    expect(recovery.html).toContain('<a href="https://appuntamenti.comune.example/recupero/K7-4MQ">')
    const byCitizen = renderMessage(
      templates,
      { ...message, kind: 'cancellation' },
      { ...sampleFacts, state: 'cancelled-by-citizen' },
    ).text
    expect(byCitizen).not.toMatch(/scusiamo|assenza/)
  })

  test('a date to confirm by that is midnight is said as the day that ends with it', () => {
    const { text } = renderMessage(
      templates,
      { kind: 'proposal', channel: 'whatsapp', language: 'it' },
      { ...sampleFacts, confirmBy: '2027-01-31T23:00:00Z' },
    )
    expect(text).toContain('Lo confermi entro domenica 31 gennaio 2027:')
  })

  test('text in HTML is text', () => {
    const { html } = renderMessage(
      templates,
      { kind: 'cancellation', channel: 'email', language: 'en' },
      { ...sampleFacts, state: 'cancelled-by-office', reason: '<img src=x onerror="a()"> & \'more\'' },
    )
    expect(html).toContain('&lt;img src=x onerror=&quot;a()&quot;&gt; &amp; &#39;more&#39;')
    expect(html).not.toContain('<img')
  })

  test('long names of services are shortened until the SMS fits', () => {
    const name = { it: 'Cambio di residenza o di indirizzo con più persone '.repeat(12), en: 'x' }
    const { text } = renderMessage(
      templates,
      { kind: 'confirmation', channel: 'sms', language: 'it' },
      { ...sampleFacts, services: [{ name, documents: { it: 'x', en: 'x' } }] },
    )
    expect(smsLength(text).parts).toBe(2)
    expect(text).toMatch(/\.\.\.\. Per spostarlo o disdirlo: 020202\.$/)
  })
})

describe('a folder of texts that a city edits', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ascolto-messages-'))
    await cp(cityMessages, folder, { recursive: true })
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))

  const edit = async (name: string, change: (text: string) => string) => {
    const text = change(await readFile(join(folder, name), 'utf8'))
    await writeFile(join(folder, name), text)
    return text
  }
  const lineOf = (text: string, part: string) => text.slice(0, text.indexOf(part)).split('\n').length

  test.each([
    [
      'a value that there is not',
      'it.json',
      '"Dove: {office}"',
      '"Dove: {ofice}"',
      'no value is called {ofice}',
    ],
    [
      'half a brace',
      'en.json',
      '"Where: {office}"',
      '"Where: {office"',
      'a brace "{" without its other half',
    ],
    ['an empty line', 'it.json', '"Buongiorno,"', '""', 'Too small'],
    ['a kind that is missing', 'en.json', '"lapse": {', '"laps": {', 'email'],
    ['an hour that there is not', 'settings.json', '"21:00"', '"25:00"', 'quiet.from'],
    [
      'an address in clear',
      'settings.json',
      '"https://appuntamenti.comune.example/recupero/',
      '"http://x/',
      'https',
    ],
  ])('with %s is refused by file and line', async (_, name, was, is, problem) => {
    const text = await edit(name, (old) => old.replace(was, is))
    await expect(loadTemplates(folder)).rejects.toMatchObject({
      params: { file: name, problem: expect.stringContaining(problem) },
    })
    if (!is.startsWith('"laps"')) {
      await expect(loadTemplates(folder)).rejects.toMatchObject({ params: { line: lineOf(text, is) } })
    }
  })

  test('with an SMS that no shortening makes fit is refused by file and line', async () => {
    const long = `"Appointment {code}: ${'a very long sentence '.repeat(16)}"`
    const text = await edit('en.json', (old) =>
      old.replace('"Appointment {code}: {shortDay} {time}, {office}."', long),
    )
    await expect(loadTemplates(folder)).rejects.toMatchObject({
      params: {
        file: 'en.json',
        line: lineOf(text, '"sms": {') + 1,
        problem: expect.stringContaining('3 parts'),
      },
    })
  })

  test('may add a language; without Italian it is refused', async () => {
    await cp(join(folder, 'en.json'), join(folder, 'de.json'))
    await edit('de.json', (text) => text.replaceAll('Good day,', 'Guten Tag,'))
    const { text } = renderMessage(
      await loadTemplates(folder),
      { kind: 'confirmation', channel: 'email', language: 'de' },
      sampleFacts,
    )
    expect(text).toMatch(/^Guten Tag,\n[\s\S]*Mittwoch, 29. September 2027/)
    await rm(join(folder, 'it.json'))
    await expect(loadTemplates(folder)).rejects.toMatchObject({ params: { file: 'it.json' } })
  })
})
