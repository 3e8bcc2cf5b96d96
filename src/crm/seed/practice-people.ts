import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import type { CityCalendar } from '#contract/domain/calendar.ts'
import { Address, Language } from '#contract/domain/citizen.ts'
import type { Outcome } from '#contract/domain/contact.ts'
import { PlainDate, Slug } from '#contract/domain/ids.ts'
import { E164 } from '#contract/domain/phone-number.ts'
import type { TicketStatus } from '#contract/domain/ticket.ts'
import type { TicketKind } from '#contract/domain/ticket-kind.ts'
import { parseJsonText } from '#contract/json-text.ts'
import type { Agenda } from './agenda.ts'
import { cityDays, minutes, timeOfDay } from './calendar.ts'
import type { Draw } from './draw.ts'
import { fiscalCode, type Gender } from './fiscal-code.ts'
import type { History } from './history.ts'
import type { SeedCitizen } from './people.ts'

const practicePeopleFile = fileURLToPath(new URL('../../../resources/practice/people.json', import.meta.url))

const PracticePerson = z.object({
  key: Slug,
  givenName: z.string().min(1),
  familyName: z.string().min(1),
  birthDate: PlainDate,
  language: Language,
  phones: z.array(E164).min(1),
  address: Address,
  /** `crm-only`: known to the CRM, and outside of what a desk holds. */
  scope: z.enum(['desk', 'crm-only']),
  story: z.string(),
})
export type PracticePerson = z.infer<typeof PracticePerson>

/** The persons who call on the practice line. */
export async function loadPracticePeople(file: string = practicePeopleFile): Promise<PracticePerson[]> {
  return parseJsonText(basename(file), await readFile(file, 'utf8'), z.array(PracticePerson))
}

export function practiceCitizen(person: PracticePerson, draw: Draw, now: Date): SeedCitizen {
  const gender: Gender = masculine.has(person.givenName) ? 'male' : 'female'
  return {
    id: draw.id(now.getTime() - 800 * 86_400_000),
    givenName: person.givenName,
    familyName: person.familyName,
    birthDate: person.birthDate,
    fiscalCode: fiscalCode({ ...person, gender, birthplace: birthplaces[person.key] ?? 'F205' }),
    language: person.language,
    email: null,
    ...{ otherEmails: [], otherAddresses: [], needsDuplicateCheck: false },
    ...person.address,
    phones: person.phones.map((number) => ({
      number,
      kind: number.startsWith('+390') ? 'landline' : 'mobile',
    })),
    age: now.getUTCFullYear() - Number(person.birthDate.slice(0, 4)),
  }
}

const masculine = new Set(['Andrea', 'Bruno', 'James', 'Paolo', 'Renzo', 'Salvatore'])
const birthplaces: Record<string, string> = {
  'james-whitfield': 'Z114',
  'priya-nair': 'Z222',
  'salvatore-greco': 'G273',
}

/** Who speaks for whom, by their keys. */
export const practiceDelegations = [
  ['andrea-colombo', 'teresa-colombo', 'proxy'],
  ['andrea-colombo', 'sofia-colombo', 'parent'],
] as const

type Call = {
  daysAgo: number
  time: string
  topicId: string
  outcome: Outcome
  note: string
  request?: Request
}
type Request = { kind: TicketKind; text: string; status: TicketStatus; topicId?: string }
type Story = {
  calls?: Call[]
  ahead?: { serviceId: string; officeId: string; fromDay: number; time: string }
  attended?: { serviceId: string; officeId: string; daysAgo: number }
}

/** What happened to each before they call, by their key in `people.json`. */
const stories: Record<string, Story> = {
  'teresa-colombo': {
    calls: [
      {
        daysAgo: 53,
        time: '10:12',
        topicId: 'identity-card',
        outcome: 'resolved',
        note: 'Ha ricevuto la lettera: la carta scade il 14 marzo 2027. Chiede gli orari di via Padova 118 e se è presto. Si prenota da 180 giorni prima.',
      },
      {
        daysAgo: 5,
        time: '11:40',
        topicId: 'identity-card',
        outcome: 'resolved',
        note: 'È andata in via Padova 118 senza appuntamento. Allo sportello le hanno detto di tornare con la prenotazione. Vuole venire di mattina.',
      },
      {
        daysAgo: 5,
        time: '11:52',
        topicId: 'electoral-card',
        outcome: 'request',
        note: 'La tessera elettorale non ha più spazi. Chiede se gliela mandano a casa, cammina a fatica.',
        request: {
          kind: 'information',
          status: 'in-progress',
          text: 'Tessera elettorale senza più spazi: chiede se si può avere a domicilio per difficoltà a muoversi.',
        },
      },
      {
        daysAgo: 1,
        time: '16:52',
        topicId: 'identity-card',
        outcome: 'callback',
        note: 'Vuole rinnovare la carta, di mattina e vicino a casa. Calendario bloccato: promesso un richiamo con una data entro oggi alle 12. Mandato l’elenco dei documenti.',
      },
    ],
  },
  'andrea-colombo': {
    calls: [
      {
        daysAgo: 26,
        time: '9:20',
        topicId: 'identity-card',
        outcome: 'appointment',
        note: 'Carta d’identità per la figlia Sofia: prenotato in via Larga 12. Ricordato che servono tutti e due i genitori.',
      },
      {
        daysAgo: 19,
        time: '17:05',
        topicId: 'waste-tax',
        outcome: 'request',
        note: 'Contesta i metri quadri dell’avviso TARI: 96 invece di 78. Ha la planimetria. Aperto il reclamo.',
        request: {
          kind: 'complaint',
          status: 'in-progress',
          text: 'L’avviso TARI 2026 per via Padova 61 conta 96 metri quadri; la planimetria catastale ne dà 78. Chiede la rettifica e il ricalcolo. Allegati: avviso, planimetria.',
        },
      },
      {
        daysAgo: 6,
        time: '12:31',
        topicId: 'waste-tax',
        outcome: 'resolved',
        note: 'Sollecita il reclamo TARI. Detto il numero di protocollo e che la risposta arriva entro trenta giorni.',
      },
    ],
  },
  'sofia-colombo': {
    ahead: { serviceId: 'identity-card-minor', officeId: 'via-larga-12', fromDay: 8, time: '09:00' },
  },
  'giulia-brambilla': {
    calls: [
      {
        daysAgo: 12,
        time: '13:10',
        topicId: 'identity-card',
        outcome: 'resolved',
        note: 'Ha la carta cartacea e ha ricevuto la lettera. Lavora il pomeriggio: cerca un posto di mattina, richiamerà con i turni.',
      },
    ],
  },
  'james-whitfield': {
    calls: [
      {
        daysAgo: 21,
        time: '15:24',
        topicId: 'change-of-residence',
        outcome: 'request',
        note: 'Parla inglese. Si è trasferito da via Ripamonti a via Washington 80, dichiarazione inviata dal portale e ferma. Aperta una verifica.',
        request: {
          kind: 'verification',
          status: 'in-progress',
          text: 'Dichiarazione di residenza inviata dal portale (da via Ripamonti 114 a via Washington 80), ferma allo stato «inviata». Chiede se manca qualcosa. Preferisce l’inglese.',
        },
      },
      {
        daysAgo: 8,
        time: '16:02',
        topicId: 'change-of-residence',
        outcome: 'resolved',
        note: 'Chiede notizie della residenza: la verifica è in lavorazione. Gli serve per il medico di base.',
      },
    ],
  },
  'lucia-galbiati': {
    calls: [
      {
        daysAgo: 4,
        time: '10:48',
        topicId: 'waste-tax',
        outcome: 'callback',
        note: 'Il marito è morto a febbraio, l’avviso TARI conta ancora due persone. Voleva la data esatta della variazione: la linea era disturbata, richiama lei.',
      },
    ],
  },
  'priya-nair': {
    calls: [
      {
        daysAgo: 34,
        time: '9:55',
        topicId: 'nursery',
        outcome: 'request',
        note: 'Parla inglese. Domanda di nido per Arun, nato ad aprile: è in lista d’attesa. Chiede la posizione.',
        request: {
          kind: 'information',
          status: 'answered',
          text: 'Chiede la posizione di Arun (nato ad aprile) nella lista d’attesa del nido, Municipio 9. Risposto: undicesimo. Preferisce l’inglese.',
        },
      },
    ],
  },
  'paolo-riva': {
    calls: [
      {
        daysAgo: 3,
        time: '17:41',
        topicId: 'fines',
        outcome: 'resolved',
        note: 'Due verbali per Area B nello stesso giorno. Dice che l’auto era dal meccanico e cerca la ricevuta. Spiegati i termini del ricorso.',
      },
    ],
  },
  'elisa-conti': {
    attended: { serviceId: 'marriage-publication', officeId: 'via-larga-12', daysAgo: 64 },
    calls: [
      {
        daysAgo: 10,
        time: '14:15',
        topicId: 'marriage',
        outcome: 'resolved',
        note: 'Pubblicazioni fatte a settembre. Cerca una data a Palazzo Reale, deve sentire il fidanzato. Il certificato vale 180 giorni.',
      },
    ],
  },
  'anna-villa': {
    calls: [
      {
        daysAgo: 15,
        time: '11:03',
        topicId: 'cemetery',
        outcome: 'resolved',
        note: 'La concessione della tomba del padre a Lambrate finisce quest’anno. Non trovava il contratto: lo cerca e richiama.',
      },
    ],
  },
  'renzo-pagani': {
    calls: [
      {
        daysAgo: 41,
        time: '8:36',
        topicId: 'road-damage',
        outcome: 'request',
        note: 'Buca davanti a via Novara 92, ci è caduto un motorino. Aperta una segnalazione.',
        request: {
          kind: 'report',
          status: 'in-progress',
          text: 'Buca profonda davanti a via Novara 92, corsia verso il centro. Un motorino è caduto. Presente da settembre.',
        },
      },
      {
        daysAgo: 13,
        time: '8:50',
        topicId: 'road-damage',
        outcome: 'resolved',
        note: 'La buca di via Novara è ancora lì. Nessuna risposta. Arrabbiato: vuole sapere chi se ne occupa.',
      },
    ],
  },
  'bruno-sala': {
    calls: [
      {
        daysAgo: 29,
        time: '9:01',
        topicId: 'general-information',
        outcome: 'dropped',
        note: 'Ha riagganciato prima di dire il motivo.',
      },
      {
        daysAgo: 11,
        time: '9:04',
        topicId: 'general-information',
        outcome: 'dropped',
        note: 'Ha riagganciato.',
      },
      {
        daysAgo: 2,
        time: '9:02',
        topicId: 'parks',
        outcome: 'resolved',
        note: 'Chiede quando potano gli alberi di piazzale Accursio. Ha fretta.',
      },
    ],
  },
  'salvatore-greco': {
    calls: [
      {
        daysAgo: 24,
        time: '10:20',
        topicId: 'occupation-fee',
        outcome: 'request',
        note: 'Bar in viale Tibaldi 5: sei tavoli sul marciapiede. Pratica presentata, chiede chi la segue.',
        request: {
          kind: 'information',
          status: 'in-progress',
          text: 'Occupazione di suolo per sei tavoli in viale Tibaldi 5. La domanda è presentata: chiede chi la segue e se manca la planimetria.',
        },
      },
    ],
  },
}

/** Writes the stories of those who are in a desk's working set. */
export function tellStories(
  people: readonly { person: PracticePerson; citizen: SeedCitizen }[],
  history: History,
  agenda: Agenda,
  calendar: CityCalendar,
  now: Date,
): void {
  const days = cityDays(calendar, now, { from: -80, to: -1, lastDayOfWeek: 6 })
  for (const { person, citizen } of people) {
    if (person.scope === 'crm-only') continue
    const story = stories[person.key] ?? {}
    for (const call of story.calls ?? []) {
      // A Sunday or a holiday: the working day before.
      const day = days.findLast(({ offset }) => offset <= -call.daysAgo)
      if (!day) continue
      const at = day.startsAt + minutes(timeOfDay(call.time))
      const contactId = history.contact({ citizen, at, ...call })
      if (call.request)
        history.ticket({ citizenId: citizen.id, contactId, at, topicId: call.topicId, ...call.request })
    }
    if (story.attended) {
      const { serviceId, officeId, daysAgo } = story.attended
      agenda.addAttended(citizen.id, serviceId, officeId, daysAgo)
    }
    if (story.ahead) {
      const { serviceId, officeId, fromDay, time } = story.ahead
      agenda.bookAhead(citizen.id, serviceId, officeId, fromDay, time)
    }
  }
}
