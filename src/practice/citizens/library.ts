import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { z } from 'zod'
import { Language } from '#contract/domain/citizen.ts'
import { PlainDate, Slug } from '#contract/domain/ids.ts'
import { E164 } from '#contract/domain/phone-number.ts'
import { FileProblem, parseJsonText } from '#contract/json-text.ts'
import { Line, parseScenario, type Scenario } from './scenario.ts'

/** The synthetic city's persons who call; the CRM's seed reads the same file. */
const Person = z.strictObject({
  key: Slug,
  givenName: z.string().min(1),
  familyName: z.string().min(1),
  birthDate: PlainDate,
  language: Language,
  phones: z.array(E164).min(1),
  address: z.strictObject({
    street: z.string().min(1),
    municipality: z.string().min(1),
    municipio: z.number().int().min(1).max(9),
  }),
  scope: z.enum(['desk', 'crm-only']),
  story: z.string().min(1),
})

/** What the line itself plays, and what anybody says who is called. */
const Recordings = z.strictObject({
  announcement: z.strictObject({ audio: Slug, text: z.string().min(1), voice: z.string().min(1) }),
  answer: z.strictObject({ it: z.array(Line).min(1), en: z.array(Line).min(1) }),
  emergency: z.array(Line).min(1),
})

export type Library = {
  scenarios: Scenario[]
  /** Who picks up when an operator dials this number; null: nobody has it. */
  answers(number: string): { displayName: string; lines: Line[]; scenarioId: string | null } | null
  /** What a colleague says who is asked, or takes a caller, at a team where no desk is ready. */
  colleague: Line[]
  /** What a dialled emergency number plays: nobody must think that help is on its way. */
  emergency: Line[]
  /** Raw u-law, 8 kHz. */
  sound(audio: string): Uint8Array
}

export const practiceFolder = join(import.meta.dirname, '../../../resources/practice')

/** Reads scenarios, persons and recordings. Throws a `FileProblem` that names file and line, also for a sound that is missing. */
export function openLibrary(folder = practiceFolder): Library {
  const read = <S extends z.ZodType>(name: string, schema: S): z.output<S> =>
    parseJsonText(name, readFileSync(join(folder, name), 'utf8'), schema)
  const people = read('people.json', z.array(Person))
  const recordings = read('recordings.json', Recordings)
  const scenarios = readdirSync(join(folder, 'scenarios'))
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name) => parseScenario(`scenarios/${name}`, readFileSync(join(folder, 'scenarios', name), 'utf8')))

  const sounds = new Map<string, Uint8Array>()
  const load = (audio: string, file: string): void => {
    try {
      sounds.set(audio, readFileSync(join(folder, 'sound', `${audio}.ulaw`)))
    } catch {
      throw new FileProblem(file, 1, `no sound "${audio}": run make-sound.sh`)
    }
  }
  for (const { id, lines } of scenarios) for (const line of lines) load(line.audio, `scenarios/${id}.json`)
  const own = [...recordings.answer.it, ...recordings.answer.en, ...recordings.emergency]
  for (const { audio } of own) load(audio, 'recordings.json')
  load('announcement', 'recordings.json')
  load('hold-tune', 'recordings.json')

  return {
    scenarios,
    emergency: recordings.emergency,
    colleague: recordings.answer.it,
    answers(number) {
      const scenario = scenarios.find((candidate) => candidate.number === number)
      const person = people.find((candidate) => candidate.phones.includes(number))
      if (!scenario && !person) return null
      const language = scenario?.language ?? (person?.language === 'en' ? 'en' : 'it')
      return {
        displayName: scenario?.displayName ?? `${person?.givenName} ${person?.familyName}`,
        lines: recordings.answer[language],
        scenarioId: scenario?.id ?? null,
      }
    },
    sound(audio) {
      const sound = sounds.get(audio)
      if (!sound) throw new Error(`no sound ${basename(audio)}`)
      return sound
    },
  }
}
