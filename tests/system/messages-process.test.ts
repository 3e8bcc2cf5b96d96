import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { noteChange } from '../../src/crm/messages/messages.ts'
import { cityMessages } from '../../src/crm/messages/templates.ts'
import { programFile } from '../../tools/programs.ts'
import { type CrmProcess, startCrm, startCrmProcess } from '../support/crm.ts'
import { inDays } from '../support/crm-city.ts'
import { MailServer } from '../support/mail-server.ts'
import { BookingDesk } from '../support/messages.ts'
import { startPostgres } from '../support/postgres.ts'
import { until } from '../support/until.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ascolto-messages-'))
  await cp(cityMessages, join(folder, 'messages'), { recursive: true })
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const edit = async (name: string, was: string, is: string) => {
  const file = join(folder, 'messages', name)
  const text = await readFile(file, 'utf8')
  expect(text).toContain(was)
  await writeFile(file, text.replace(was, is))
}

test('what a killed process was sending is sent by the next one, as the same message', async () => {
  // Whatever hour it is.
  await edit('settings.json', '"from": "21:00", "to": "08:00"', '"from": "00:00", "to": "00:00"')
  const postgres = await startPostgres()
  const databaseUrl = await postgres.createDatabase()
  let hold = true
  const seen: (string | undefined)[] = []
  const mail = await MailServer.open({
    closeTimeout: 100,
    beforeAccepting(received) {
      seen.push(received.mail.messageId)
      return hold ? new Promise(() => {}) : undefined
    },
  })
  const here = await startCrm({ databaseUrl, messages: { pace: { lookMs: 2 ** 30 } } })
  const desk = await BookingDesk.open(here)
  const started: CrmProcess[] = []
  const startProcess = async () => {
    const one = await startCrmProcess({
      dataDir: join(folder, 'data'),
      databaseUrl,
      args: ['--messages', join(folder, 'messages')],
      env: { SMTP_URL: mail.url },
    })
    started.push(one)
    return one
  }
  try {
    const citizen = await desk.citizen({ email: 'ada@example.org' })
    const appointmentId = await desk.book({ startsAt: inDays(9), citizenId: citizen.id })
    await here.store.db
      .transaction()
      .execute((trx) => noteChange(trx, { appointmentId, kind: 'confirmation', channels: ['email'] }))
    const first = await startProcess()
    await until('the first mail to be under way', () => seen.length === 1, 20_000)
    await first.kill()
    hold = false
    const states = async () => (await desk.person.api.appointments.messages({ id: appointmentId })).messages
    expect(await states()).toMatchObject([{ state: 'queued', attempts: 1 }])

    const second = await startProcess()
    // Its lease is what keeps the others from it: minutes, over now.
    await here.store.db
      .updateTable('messages')
      .set({ claimed_until: new Date(0).toISOString() })
      .where('state', '=', 'queued')
      .execute()
    await until('the mail to be taken', () => mail.received.length === 1, 20_000)
    // Stopping, it finishes what it is doing.
    await second.stop()
    expect(await states()).toMatchObject([{ state: 'sent', via: 'smtp', attempts: 2 }])
    expect(seen).toEqual([seen[0], seen[0]])
  } finally {
    await Promise.all(started.map((one) => one.stop()))
    await here.stop()
    await mail.close()
    await postgres.stop()
  }
})

const refusedStart = async (env: Record<string, string>) => {
  const args = [programFile('crm'), 'serve', '--port', '0', '--data', join(folder, 'data')]
  const child = spawn(
    process.execPath,
    [...args, '--sip-url', 'ws://127.0.0.1:5066', '--messages', join(folder, 'messages')],
    {
      cwd: root,
      env: { ...process.env, ASCOLTO_SIP_SECRET: 'secret', ...env },
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  )
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString()
  })
  const [code] = await once(child, 'close')
  return { code, said }
}

test('texts that cannot be sent stop the start, by file and line', async () => {
  await edit('it.json', '"Dove: {office}"', '"Dove: {ofice}"')
  const line = (await readFile(join(folder, 'messages', 'it.json'), 'utf8'))
    .split('{ofice}')[0]
    ?.split('\n').length
  const { code, said } = await refusedStart({})
  expect(code).toBe(2)
  expect(said).toContain(`it.json:${line}: `)
  expect(said).toContain('no value is called {ofice}')
})

test('an address that is no mail server’s stops the start and is not repeated', async () => {
  const { code, said } = await refusedStart({ SMTP_URL: 'https://clerk:s3cret@mail.example.it' })
  expect(code).toBe(2)
  expect(said).toContain('SMTP_URL')
  expect(said).not.toContain('s3cret')
})
