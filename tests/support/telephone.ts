import { createHmac } from 'node:crypto'
import { pino } from 'pino'
import type { SipCredentials } from '../../src/contract/crm.ts'
import type { Call } from '../../src/contract/domain/call.ts'
import { defaultLine } from '../../src/contract/domain/line.ts'
import { openPhone, type Phone } from '../../src/main/phone/phone.ts'
import type { Library } from '../../src/practice/citizens/library.ts'
import { defaultRealm, type Line, openLine } from '../../src/practice/line.ts'
import type { PageMedia } from './media-page/media-page.ts'

export const sipSecret = 'a secret that only this test knows'

/** A loud tone of one second, u-law, so that a level can be heard. */
const tone = Uint8Array.from({ length: 8000 }, (_, index) => (index % 8 < 4 ? 0x90 : 0x10))

/** Citizens of a test: `talker` speaks for a long time, `hidden` withholds the number, `shy` gives up while it rings. */
const library: Library = {
  scenarios: [
    scenario('talker', { number: '+390255510143', lines: 40 }),
    scenario('hidden', { number: null, lines: 40 }),
    scenario('shy', { number: '+390255510144', lines: 1, hangUp: 'while-ringing' }),
  ],
  emergency: Array.from({ length: 12 }, line),
  colleague: Array.from({ length: 12 }, line),
  answers: (number) =>
    number === '+390255510150'
      ? { displayName: 'Answers', lines: Array.from({ length: 12 }, line), scenarioId: null }
      : null,
  sound: () => tone,
}

function line() {
  return { audio: 'tone', text: 'tone', waitForOperatorMs: 0, afterTurns: 1 }
}

function scenario(
  id: string,
  how: { number: string | null; lines: number; hangUp?: 'while-ringing' },
): Library['scenarios'][number] {
  return {
    id,
    title: { it: id, en: id },
    brief: { it: id, en: id },
    topic: 'identity-card',
    number: how.number,
    displayName: how.number === null ? '' : 'Ada Caller',
    queue: 'anagrafe',
    queueReason: 'carta',
    patienceSeconds: 120,
    language: 'it',
    voice: { name: 'it', pitch: 50, speed: 150 },
    lines: Array.from({ length: Math.min(how.lines, 12) }, line),
    hangUp: how.hangUp ?? 'operator',
    ringSeconds: 0.5,
    divertedFrom: null,
    deafToNewOffers: false,
  }
}

const quiet = pino({ level: process.env.PHONE_LOG ?? 'silent' })

export const openTestLine = (port = 0): Promise<Line> => openLine({ port, sipSecret, library, log: quiet })

export function credentialsOf(
  extension: string,
  sipUrl: string,
  queueUrl: string | null,
  seconds = 3600,
  secret = sipSecret,
): SipCredentials {
  const expires = Math.floor(Date.now() / 1000) + seconds
  const username = `${expires}:${extension}`
  return {
    username,
    password: createHmac('sha1', secret).update(username).digest('base64'),
    extension,
    realm: defaultRealm,
    expiresAt: new Date(expires * 1000).toISOString(),
    sipUrl,
    queueUrl,
    line: defaultLine,
  }
}

/** A phone whose events can be waited for. */
export type Telephone = {
  phone: Phone
  /** Every state of every call, as told. */
  told: Call[]
  /** Resolves with the first present or future call state that fits. */
  call(fits: (call: Call) => boolean, what: string): Promise<Call>
  registered(): Promise<void>
  until(holds: () => boolean, what: string, ms?: number): Promise<void>
}

export function openTelephone(media: PageMedia, credentials: () => Promise<SipCredentials>): Telephone {
  const phone = openPhone({ media, credentials, mayBeRung: () => true, log: quiet, now: () => new Date() })
  const told: Call[] = []
  const looks = new Set<() => void>()
  const look = () => {
    for (const one of looks) one()
  }
  phone.on('call', (call) => {
    told.push(call)
    look()
  })
  phone.on('registration', look)
  phone.on('agent', look)
  phone.on('figures', look)
  media.onNotice(look)

  const until = (holds: () => boolean, what: string, ms = 30_000): Promise<void> =>
    new Promise((resolve, reject) => {
      const settle = (finish: () => void) => {
        clearTimeout(timer)
        looks.delete(check)
        finish()
      }
      const check = () => {
        if (holds()) settle(resolve)
      }
      const timer = setTimeout(() => {
        const states = told.map((call) => `${call.state}/${call.media}/${call.endReason}`).join(' ')
        settle(() => reject(new Error(`not within ${ms} ms: ${what}; calls were: ${states}`)))
      }, ms)
      looks.add(check)
      check()
    })

  return {
    phone,
    told,
    async call(fits, what) {
      await until(() => told.some(fits), what)
      const found = told.find(fits)
      if (!found) throw new Error(what)
      return found
    },
    registered: () => until(() => phone.registration().state === 'registered', 'registered'),
    until,
  }
}

/** Asks again until it holds. */
export async function eventually<T>(
  ask: () => Promise<T> | T,
  holds: (value: T) => boolean,
  what: string,
  ms = 30_000,
): Promise<T> {
  const deadline = performance.now() + ms
  while (true) {
    const value = await ask()
    if (holds(value)) return value
    if (performance.now() > deadline)
      throw new Error(`not within ${ms} ms: ${what}; last ${JSON.stringify(value)}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
