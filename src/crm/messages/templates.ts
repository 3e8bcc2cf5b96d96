import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { Language } from '#contract/domain/citizen.ts'
import { FileProblem, parseJsonText } from '#contract/json-text.ts'

export const cityMessages = fileURLToPath(new URL('../../../resources/city/messages/', import.meta.url))

const TimeOfDay = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/)
const head = { example: z.boolean(), note: z.string().min(1) }
const Link = z
  .string()
  .refine((text) => text.includes('{code}') && URL.canParse(text) && new URL(text).protocol === 'https:', {
    message: 'an https address with {code} in it',
  })
  .nullable()

export const Settings = z.strictObject({
  ...head,
  from: z.strictObject({ name: z.string().min(1).max(80), address: z.email() }),
  /** Where a citizen calls to move or cancel. */
  callNumber: z.string().min(3).max(20),
  /** Pages of the city's own portal, with `{code}` where the appointment's code goes; null where there is none. */
  links: z.strictObject({ recovery: Link, confirm: Link }),
  /** Local time of the office, some days before the appointment's own. */
  reminders: z.array(z.strictObject({ daysBefore: z.number().int().min(0).max(30), at: TimeOfDay })).max(5),
  /** Closer to the appointment than this nobody is reminded, and nothing else is kept back for the quiet hours. */
  leastMinutesBefore: z.number().int().min(0).max(1440),
  /** No message leaves between these local times of the office. The same twice: never quiet. */
  quiet: z.strictObject({ from: TimeOfDay, to: TimeOfDay }),
  smsParts: z.number().int().min(1).max(4),
  /** How long addresses and texts of what was sent are kept. */
  keepDays: z.number().int().min(1).max(3650),
})
export type Settings = z.infer<typeof Settings>

export const textKinds = [
  'confirmation',
  'change',
  'cancellation-by-citizen',
  'cancellation-by-office',
  'recovery',
  'reminder',
  'proposal',
  'lapse',
  'told',
] as const
export type TextKind = (typeof textKinds)[number]

/** What a template may name: `{day}`. A line that names one without a value is left out. */
export const valueNames = [
  'code',
  'spelledCode',
  'services',
  'documents',
  'day',
  'shortDay',
  'time',
  'office',
  'address',
  'confirmBy',
  'reason',
  'callNumber',
  'recoveryLink',
  'confirmLink',
  'protocol',
  'message',
] as const
export type ValueName = (typeof valueNames)[number]
export type Values = Record<ValueName, string | null>

const Line = z
  .string()
  .min(1)
  .max(400)
  .superRefine((line, context) => {
    for (const brace of line.replace(/\{[^{}]*\}/g, '').match(/[{}]/g) ?? []) {
      context.addIssue(`a brace "${brace}" without its other half`)
    }
    for (const [, name] of line.matchAll(/\{([^{}]*)\}/g)) {
      if (!(valueNames as readonly string[]).includes(name ?? ''))
        context.addIssue(`no value is called {${name}}`)
    }
  })
const Lines = z.array(Line).min(1).max(30)
const ofEachKind = <T extends z.ZodType>(schema: T) => z.record(z.enum(textKinds), schema)

const Texts = z.strictObject({
  ...head,
  email: ofEachKind(z.strictObject({ subject: Line, text: Lines })),
  sms: ofEachKind(Lines),
  whatsapp: ofEachKind(Lines),
})
export type Texts = z.infer<typeof Texts>

export type Templates = { settings: Settings; texts: Partial<Record<Language, Texts>> & { it: Texts } }

/** Reads a folder like `resources/city/messages`, each line by itself; throws a `FileProblem` that names file and line. */
export async function readTemplates(folder: string): Promise<Templates> {
  const read = async <T extends z.ZodType>(name: string, schema: T) => {
    const text = await readFile(join(folder, name), 'utf8')
    return parseJsonText(name, text, schema)
  }
  const settings = await read('settings.json', Settings)
  const texts: Partial<Record<Language, Texts>> = {}
  for (const name of (await readdir(folder)).filter(
    (file) => file.endsWith('.json') && file !== 'settings.json',
  )) {
    const language = Language.safeParse(name.slice(0, -'.json'.length))
    if (!language.success) throw new FileProblem(name, 1, 'not named after a language of the citizens')
    texts[language.data] = await read(name, Texts)
  }
  const { it } = texts
  if (!it) throw new FileProblem('it.json', 1, 'missing: Italian is what all others fall back to')
  return { settings, texts: { ...texts, it } }
}

/** The line with its values, or null when one of them is missing. */
export function fillLine(line: string, values: Values): string | null {
  let whole = true
  const filled = line.replace(/\{([^{}]*)\}/g, (_, name: ValueName) => {
    const value = values[name]
    if (value === null) whole = false
    return value ?? ''
  })
  return whole ? filled : null
}

export const fillLines = (lines: readonly string[], values: Values): string[] =>
  lines.map((line) => fillLine(line, values)).filter((line) => line !== null)
