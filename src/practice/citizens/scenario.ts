import { z } from 'zod'
import { Slug, Words } from '#contract/domain/ids.ts'
import { E164 } from '#contract/domain/phone-number.ts'
import { parseJsonText } from '#contract/json-text.ts'

/** A name as it stands in a SIP header, quoted: nothing that would end the quotation. */
const HeaderText = z
  .string()
  .max(80)
  .regex(/^[^"\\<>\p{Cc}]*$/u, 'must not hold quotes, angle brackets, backslashes or control characters')

export const Line = z.strictObject({
  /** A file of `sound/`, without its ending. */
  audio: Slug,
  /** What is said, and what the sound is made from. */
  text: z.string().min(1).max(600),
  /** Spoken at the latest after this, also when the operator stays silent. */
  waitForOperatorMs: z.number().int().min(0).max(600_000),
  /** Spoken once the operator has said something this many times since the last line. */
  afterTurns: z.number().int().min(1).max(20).default(1),
})
export type Line = z.infer<typeof Line>

export const Scenario = z
  .strictObject({
    id: Slug,
    title: Words,
    /** What the trainee is to practise. */
    brief: Words,
    /** One of the city's service families, and the topic in it. */
    topic: Slug,
    /** Null: withheld. */
    number: E164.nullable(),
    displayName: HeaderText,
    queue: HeaderText.min(1),
    queueReason: HeaderText.min(1),
    /** How long they wait in the queue before they give up. */
    patienceSeconds: z.number().int().min(1).max(3600),
    language: z.enum(['it', 'en']),
    /** espeak-ng's voice, pitch (0 to 99) and speed (words a minute); read by `make-sound.sh`. */
    voice: z.strictObject({
      name: z.string().regex(/^[A-Za-z0-9+-]{2,40}$/),
      pitch: z.number().int().min(0).max(99),
      speed: z.number().int().min(80).max(260),
    }),
    lines: z.array(Line).max(12),
    /** `self`: after the last line; `while-ringing`: before anybody answers; `operator`: never by themselves. */
    hangUp: z.enum(['self', 'operator', 'while-ringing']),
    /** For `while-ringing`: how long it rings first. */
    ringSeconds: z.number().min(0.5).max(60).default(4),
    /** Whom they had called first, and why the call came on (RFC 5806): `no-answer`, `user-busy` … */
    divertedFrom: z
      .strictObject({ number: E164, displayName: HeaderText, reason: z.string().regex(/^[a-z-]{2,30}$/) })
      .nullable()
      .default(null),
    /** A new offer in the call is answered and brings no sound, as some exchanges do: a desk needs a new dialog then. */
    deafToNewOffers: z.boolean().default(false),
  })
  .refine((scenario) => scenario.hangUp === 'while-ringing' || scenario.lines.length > 0, {
    path: ['lines'],
    message: 'a citizen who is answered needs something to say',
  })
export type Scenario = z.infer<typeof Scenario>

/** Throws a `FileProblem` that names the file and the line. */
export const parseScenario = (file: string, text: string): Scenario => parseJsonText(file, text, Scenario)
