import { importJWK, SignJWT } from 'jose'
import type { CommandArgs, CommandEnvelope, CommandName } from '#contract/commands/registry.ts'
import { crmAudience } from '#contract/crm.ts'
import type { Role } from '#contract/domain/agent.ts'
import type { AppointmentState } from '#contract/domain/appointment.ts'
import type { Citizen } from '#contract/domain/citizen.ts'
import { newId } from '#contract/domain/ids.ts'
import { addClient } from '../../src/crm/identity/clients.ts'
import { issuerKeys } from '../../src/crm/identity/keys.ts'
import type { Db } from '../../src/crm/store/store.ts'
import { type CrmApi, type CrmUnderTest, crmApi } from './crm.ts'
import { clientToken } from './sign-in.ts'

/** A city of a few rows, for tests that count. */
export const smallCity = {
  topic: 'identity-card',
  otherTopic: 'waste-tax',
  service: 'identity-card',
  agenda: 'identity',
  office: 'via-larga-12',
}

const words = { it: 'parola', en: 'word' }

export async function fillSmallCity(db: Db): Promise<void> {
  const team = (name: string) =>
    JSON.stringify({ name: { it: name, en: name }, kind: 'specialist', contact: null })
  await db
    .insertInto('teams')
    .values([
      { id: 'registry', body: team('registry') },
      { id: 'taxes', body: team('taxes') },
    ])
    .execute()
  const topic = (team: string) => JSON.stringify({ parentId: null, name: words, team, keywords: '' })
  await db
    .insertInto('topics')
    .values([
      { id: smallCity.topic, body: topic('registry') },
      { id: smallCity.otherTopic, body: topic('taxes') },
    ])
    .execute()
  await db
    .insertInto('services')
    .values({
      id: smallCity.service,
      body: JSON.stringify({
        ...{ name: words, topicId: smallCity.topic, agenda: smallCity.agenda, durationMinutes: 15 },
        ...{ documents: words, eligibility: words, rule: { kind: 'none' }, keywords: '' },
        ...{
          channels: ['web', 'phone'],
          channelExceptions: null,
          walkIn: null,
          languages: ['it'],
          example: true,
        },
      }),
    })
    .execute()
  await db
    .insertInto('offices')
    .values({
      id: smallCity.office,
      body: JSON.stringify({
        ...{ name: 'Via Larga', address: 'Via Larga 12, Milano', municipio: 1, zone: 'Europe/Rome' },
        ...{ coordinates: { lat: 45.4617, lon: 9.193 }, languages: ['it'], example: true },
        ...{ hours: words, agendas: [smallCity.agenda] },
      }),
    })
    .execute()
}

export async function addSlot(db: Db, options: { startsAt: string; capacity: number }): Promise<string> {
  const id = newId()
  await db
    .insertInto('slots')
    .values({
      id,
      office_id: smallCity.office,
      agenda: smallCity.agenda,
      starts_at: options.startsAt,
      duration_minutes: 15,
      capacity: options.capacity,
    })
    .execute()
  return id
}

export const someCitizen = (over: Partial<Citizen> = {}): Citizen => ({
  id: newId(),
  version: 0,
  givenName: 'Nicolò',
  familyName: 'D’Agostino',
  birthDate: '1980-05-17',
  fiscalCode: null,
  language: 'it',
  phones: [{ number: '+393471234567', kind: 'mobile' }],
  email: null,
  address: { street: 'Via Padova 10', municipality: 'Milano', municipio: 2 },
  ...{ otherLanguages: [], otherEmails: [], otherAddresses: [], identities: [], delegations: [] },
  mergedInto: null,
  needsDuplicateCheck: false,
  ...over,
})

/** A person of the directory, as if they had always been there: without a word in the change log. */
export async function addCitizen(db: Db, over: Partial<Citizen> = {}): Promise<Citizen> {
  const citizen = someCitizen(over)
  await db
    .insertInto('citizens')
    .values({
      id: citizen.id,
      given_name: citizen.givenName,
      family_name: citizen.familyName,
      birth_date: citizen.birthDate,
      fiscal_code: citizen.fiscalCode,
      language: citizen.language,
      email: citizen.email,
      street: citizen.address?.street ?? null,
      municipality: citizen.address?.municipality ?? null,
      municipio: citizen.address?.municipio ?? null,
      other_languages: citizen.otherLanguages,
      other_emails: citizen.otherEmails,
      other_addresses: JSON.stringify(citizen.otherAddresses),
      merged_into: citizen.mergedInto,
      needs_duplicate_check: citizen.needsDuplicateCheck,
    })
    .execute()
  for (const [position, phone] of citizen.phones.entries()) {
    await db
      .insertInto('citizen_phones')
      .values({ citizen_id: citizen.id, position, ...phone })
      .execute()
  }
  for (const [position, identity] of citizen.identities.entries()) {
    await db
      .insertInto('citizen_identities')
      .values({ citizen_id: citizen.id, position, ...identity })
      .execute()
  }
  return { ...citizen, version: 1 }
}

/** A sign-in that stands, as the issuer keeps it. */
export async function addGrant(db: Db, accountId: string): Promise<string> {
  const id = newId()
  const payload = JSON.stringify({ accountId, iat: Math.floor(Date.now() / 1000) })
  await db.insertInto('oidc_records').values({ kind: 'Grant', id, payload }).execute()
  return id
}

let logins = 0

export type Person = { id: string; authorization: string; api: CrmApi }

/** An account and a valid access token of the CRM's own issuer, without the walk through its pages. */
export async function addPerson(
  crm: Pick<CrmUnderTest, 'url' | 'store'>,
  options: { roles?: Role[]; teams?: string[] } = {},
): Promise<Person> {
  logins += 1
  const id = newId()
  await crm.store.db
    .insertInto('users')
    .values({
      id,
      login: `person-${logins}`,
      name: `Anna Riva ${logins}`,
      given_name: 'Anna',
      roles: options.roles ?? ['operator'],
      teams: options.teams ?? ['first-level'],
      extension: String(3000 + logins),
      password_hash: '-',
    })
    .execute()
  return signedInAgain(crm, { id })
}

/** Another system of the city, signed in by its secret. */
export async function addClientOf(
  crm: Pick<CrmUnderTest, 'url' | 'store'>,
  { roles = ['operator'], teams = ['first-level'] }: { roles?: Role[]; teams?: string[] } = {},
): Promise<Person> {
  logins += 1
  const client = await addClient(crm.store.db, `client-${logins}`, { roles, teams })
  const authorization = `Bearer ${(await clientToken(crm.url, client)).accessToken}`
  return { id: client.id, authorization, api: crmApi(crm.url, authorization) }
}

/** The same person by another sign-in. */
export async function signedInAgain(
  crm: Pick<CrmUnderTest, 'url' | 'store'>,
  { id }: Pick<Person, 'id'>,
): Promise<Person> {
  const [key] = (await issuerKeys(crm.store.db)).signing
  if (!key) throw new Error('the issuer has no key')
  const grant = await addGrant(crm.store.db, id)
  const token = await new SignJWT({ scope: 'crm', client_id: 'desk', grant })
    .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: key.kid })
    .setIssuer(`${crm.url}/oidc`)
    .setAudience(crmAudience)
    .setSubject(id)
    .setIssuedAt()
    .setExpirationTime('10m')
    .sign(await importJWK(key, 'ES256'))
  const authorization = `Bearer ${token}`
  return { id, authorization, api: crmApi(crm.url, authorization) }
}

/** `credential`: how it names itself beside whoever sits at it; `with` makes that person's client there. */
export type Desk = {
  deviceId: string
  credential: string
  authorization: string
  api: CrmApi
  with(person: Person): CrmApi
}

export async function addDesk(crm: { url: string }, person: Person): Promise<Desk> {
  const { deviceId, secret } = await person.api.devices.register({ name: 'Desk 1' })
  const credential = `${deviceId}.${secret}`
  const authorization = `Device ${credential}`
  return {
    deviceId,
    credential,
    authorization,
    api: crmApi(crm.url, authorization),
    with: (who) => crmApi(crm.url, who.authorization, credential),
  }
}

export async function addStream(person: Person, desk: Desk): Promise<string> {
  const streamId = newId()
  await desk.with(person).sync.registerStream({ streamId, deviceId: desk.deviceId })
  return streamId
}

export const command = <N extends CommandName>(
  n: number,
  name: N,
  args: CommandArgs[N],
): CommandEnvelope => ({
  n,
  id: newId(),
  at: new Date().toISOString(),
  name,
  args,
})

export const contactArgs = (
  over: Partial<CommandArgs['contact.open']> = {},
): CommandArgs['contact.open'] => ({
  id: newId(),
  channel: 'phone',
  direction: 'inbound',
  queue: 'anagrafe',
  callerNumber: '+393471234567',
  startedAt: new Date(Date.now() - 60_000).toISOString(),
  answeredAt: new Date(Date.now() - 55_000).toISOString(),
  practice: false,
  citizenId: null,
  ...over,
})

export const ticketArgs = (over: Partial<CommandArgs['ticket.open']> = {}): CommandArgs['ticket.open'] => ({
  id: newId(),
  kind: 'report',
  topicId: smallCity.topic,
  text: 'Una buca davanti al portone.',
  citizenId: null,
  contactId: null,
  receivedAt: new Date().toISOString(),
  ...over,
})

export const bookingArgs = (
  slot: { id: string; startsAt: string },
  over: Partial<CommandArgs['appointment.book']> = {},
): CommandArgs['appointment.book'] => ({
  id: newId(),
  slotId: slot.id,
  slotIds: [slot.id],
  serviceIds: [smallCity.service],
  officeId: smallCity.office,
  startsAt: slot.startsAt,
  endsAt: new Date(Date.parse(slot.startsAt) + 15 * 60_000).toISOString(),
  citizenId: null,
  contactId: null,
  recoveryOf: null,
  holdId: null,
  leaseId: null,
  channel: 'phone',
  notify: [],
  ...over,
})

export const cancelArgs = (
  appointmentId: string,
  over: Partial<CommandArgs['appointment.cancel']> = {},
): CommandArgs['appointment.cancel'] => ({
  appointmentId,
  by: 'citizen',
  reason: null,
  notify: [],
  ...over,
})

export const moveArgs = (
  appointmentId: string,
  slot: { id: string; startsAt: string },
  over: Partial<CommandArgs['appointment.reschedule']> = {},
): CommandArgs['appointment.reschedule'] => ({
  appointmentId,
  slotId: slot.id,
  slotIds: [slot.id],
  officeId: smallCity.office,
  startsAt: slot.startsAt,
  endsAt: new Date(Date.parse(slot.startsAt) + 15 * 60_000).toISOString(),
  holdId: null,
  notify: [],
  ...over,
})

/** An appointment on the first seat of a slot, as if it had been made before: also in the past, or proposed. */
export async function addAppointment(
  db: Db,
  slot: { id: string; startsAt: string },
  over: { state?: AppointmentState; confirmBy?: string; citizenId?: string } = {},
): Promise<string> {
  const id = newId()
  await db.transaction().execute(async (trx) => {
    await trx
      .insertInto('appointments')
      .values({
        id,
        code: id.slice(-12),
        slot_id: slot.id,
        service_ids: [smallCity.service],
        office_id: smallCity.office,
        starts_at: slot.startsAt,
        ends_at: new Date(Date.parse(slot.startsAt) + 15 * 60_000).toISOString(),
        counter: 1,
        citizen_id: over.citizenId ?? null,
        contact_id: null,
        state: over.state ?? 'confirmed',
        confirm_by: over.confirmBy ?? null,
      })
      .execute()
    await trx
      .updateTable('slot_seats')
      .set({ appointment_id: id })
      .where('slot_id', '=', slot.id)
      .where('seat', '=', 1)
      .execute()
  })
  return id
}

/** Some days from now at ten o'clock UTC: then the city's day is UTC's. */
export const inDays = (days: number): string => {
  const at = new Date(Date.now() + days * 86_400_000)
  at.setUTCHours(10, 0, 0, 0)
  return at.toISOString()
}
