import type { Citizen } from '#contract/domain/citizen.ts'
import { newId } from '#contract/domain/ids.ts'
import { someCitizen } from './crm-city.ts'

const mobile = (number: string) => ({ number, kind: 'mobile' as const })
const landline = (number: string) => ({ number, kind: 'landline' as const })
const home = { street: 'Via Padova 118', municipality: 'Milano', municipio: 2 }

const person = (over: Partial<Citizen>): Citizen =>
  someCitizen({ phones: [], address: null, birthDate: null, ...over, id: newId() })

/** A household with one landline, a person with several numbers, names with accents and apostrophes, and one person entered twice. */
export const lookUpPeople = {
  nicolo: person({
    ...{
      givenName: 'Nicolò',
      familyName: 'D’Agostino',
      birthDate: '1980-05-17',
      fiscalCode: 'DGSNCL80E17F205T',
    },
    phones: [mobile('+393471234567'), landline('+390255510143'), { number: '+390288412345', kind: 'work' }],
    address: home,
  }),
  lucia: person({
    givenName: 'Lucia',
    familyName: 'Fumagalli',
    phones: [landline('+390255510143')],
    address: home,
  }),
  sofia: person({
    givenName: 'Sofia',
    familyName: 'D’Agostino',
    phones: [landline('+390255510143')],
    address: home,
  }),
  annaMaria: person({
    ...{ givenName: 'Anna Maria', familyName: 'Villa', phones: [mobile('+393392223344')] },
    ...{ address: { street: 'Corso Buenos Aires 7', municipality: 'Milano', municipio: 3 } },
    otherAddresses: [{ street: 'Via dei Mille 3', municipality: 'Bergamo', municipio: null }],
  }),
  maria: person({ givenName: 'Maria', familyName: 'Rossi', phones: [mobile('+393335550001')] }),
  rosa: person({ givenName: 'Rosa Maria', familyName: 'Bianchi', phones: [mobile('+393335550002')] }),
  james: person({
    ...{ givenName: 'James', familyName: 'Whitfield', language: 'en', phones: [mobile('+447911123456')] },
    otherLanguages: ['it'],
  }),
  ewa: person({ givenName: 'Ewa', familyName: 'Wałęsa-Müller', phones: [mobile('+4915112345678')] }),
  priya: person({
    ...{ givenName: 'Priya', familyName: 'Nair' },
    identities: [{ scheme: 'whatsapp', value: 'IT.13491208655302741918' }],
  }),
  gino: person({
    ...{
      givenName: 'Gino',
      familyName: 'Brambilla',
      birthDate: '1951-02-03',
      fiscalCode: 'BRMGNI51B03F205J',
    },
    phones: [mobile('+393201112233')],
  }),
  /** Entered again at another desk, while the CRM was away. */
  luigi: person({
    ...{ givenName: 'Luigi', familyName: 'Brambila', birthDate: '1951-02-03', needsDuplicateCheck: true },
    phones: [mobile('+393204445566')],
    identities: [{ scheme: 'whatsapp', value: 'IT.99001208655302741918' }],
  }),
}
type Key = keyof typeof lookUpPeople

/** What an exchange sends or somebody dials, and who has that number. */
export const numberLookUps: [string, Key[]][] = [
  ['+393471234567', ['nicolo']],
  ['00393471234567', ['nicolo']],
  ['3471234567', ['nicolo']],
  ['347 123 4567', ['nicolo']],
  ['347/1234567', ['nicolo']],
  ['+39 347-123.4567', ['nicolo']],
  ['(02) 5551/0143', ['nicolo', 'sofia', 'lucia']],
  ['(+39) 347 1234567', ['nicolo']],
  ['347–1234567', ['nicolo']],
  ['0255510143', ['nicolo', 'sofia', 'lucia']],
  ['+390255510143', ['nicolo', 'sofia', 'lucia']],
  ['0039 02 5551 0143', ['nicolo', 'sofia', 'lucia']],
  // Italian numbers keep their 0 abroad: without it this is nobody's.
  ['+39 255510143', []],
  ['02 8841 2345', ['nicolo']],
  ['+44 7911 123456', ['james']],
  ['0044 7911 123456', ['james']],
  ['07911 123456', []],
  ['+49 1511 2345678', ['ewa']],
  ['112', []],
  ['118', []],
  ['116117', []],
  ['anonymous', []],
  ['+393999999999', []],
]

/** What an operator types, and who is found, in the order in which they are shown. */
export const searchLookUps: [string, Key[]][] = [
  ['d’agostino', ['nicolo', 'sofia']],
  ["D'Agostino", ['nicolo', 'sofia']],
  ['dagostino', ['nicolo', 'sofia']],
  ['dago', ['nicolo', 'sofia']],
  ['nicolo d agostino', ['nicolo']],
  ['AGOSTINO NICOLÒ', ['nicolo']],
  ['agos nic', ['nicolo']],
  ['nicolo', ['nicolo']],
  ['villa anna', ['annaMaria']],
  ['maria villa', ['annaMaria']],
  ['Anna Villa', ['annaMaria']],
  ['maria', ['maria', 'rosa', 'annaMaria']],
  ['walesa muller', ['ewa']],
  ['Müller', ['ewa']],
  ['ewa wałęsa', ['ewa']],
  ['via padova', ['nicolo', 'sofia', 'lucia']],
  ['padova 118 lucia', ['lucia']],
  ['Padova 1', ['nicolo', 'sofia', 'lucia']],
  ['fumagalli via padova', ['lucia']],
  ['bergamo', ['annaMaria']],
  ['via dei mille', ['annaMaria']],
  ['buenos aires', ['annaMaria']],
  ['DGSNCL80E17F205T', ['nicolo']],
  ['dgs ncl 80e17', ['nicolo']],
  ['347 123', ['nicolo']],
  ['+39347', ['nicolo']],
  ['02/5551', ['nicolo', 'sofia', 'lucia']],
  ['0044 79', ['james']],
  ['(02) 5551/0143', ['nicolo', 'sofia', 'lucia']],
  ['(02) 55', ['nicolo', 'sofia', 'lucia']],
  ['(+39) 347 1234567', ['nicolo']],
  ['( 0044) 79', ['james']],
  ['347–1234567', ['nicolo']],
  ['347—123 ', ['nicolo']],
  ['+44', []],
  ['447911', ['james']],
  ['IT.13491208655302741918', ['priya']],
  ['112', []],
  ['%', []],
  ['rossi bianchi', []],
  ['" OR *', []],
]

/** Before the two are joined, while they are one, and after it was undone; `search`: typed, else a number that calls. */
export const mergedLookUps: { ask: string; search?: true; apart: Key[]; joined: Key[] }[] = [
  { ask: '320 1112233', apart: ['gino'], joined: ['gino'] },
  { ask: '320 4445566', apart: ['luigi'], joined: ['gino'] },
  { ask: 'brambila', search: true, apart: ['luigi'], joined: [] },
  { ask: 'brambi', search: true, apart: ['luigi', 'gino'], joined: ['gino'] },
  { ask: 'luigi', search: true, apart: ['luigi'], joined: [] },
  { ask: '3204', search: true, apart: ['luigi'], joined: ['gino'] },
  { ask: 'BRMGNI51B03F205J', search: true, apart: ['gino'], joined: ['gino'] },
  { ask: 'IT.99001208655302741918', search: true, apart: ['luigi'], joined: ['gino'] },
]
