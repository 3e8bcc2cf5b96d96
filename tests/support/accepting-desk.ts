import { writeSync } from 'node:fs'
import pino from 'pino'
import type { CommandAuthor } from '#contract/commands/command.ts'
import { emptyDraft } from '#contract/desk.ts'
import { newId } from '#contract/domain/ids.ts'
import { openCache } from '../../src/main/cache/cache.ts'
import { testKey } from './desk.ts'
import { endLine, rowLine, sample } from './sample-rows.ts'

/**
 * A desk that takes commands, saves a draft and applies pages until it is killed: `node accepting-desk.ts <folder> <user id>`.
 * On standard output, each after the disk has it: `accepted <command id>`, `saved <contact id> <revision>`, `paged <cursor>`.
 */
const [dir = '', userId = ''] = process.argv.slice(2)
const now = () => new Date()
const cache = openCache({ dir, key: testKey, log: pino({ level: 'silent' }), now })
const author: CommandAuthor = {
  user: { id: userId, name: 'Anna', roles: ['operator'] },
  at: now().toISOString(),
}
const pause = new Int32Array(new SharedArrayBuffer(4))
/** Waits while whoever reads is behind. */
function say(line: string): void {
  for (;;) {
    try {
      writeSync(1, `${line}\n`)
      return
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error
      Atomics.wait(pause, 0, 0, 10)
    }
  }
}

const contactId = newId()
const startedAt = now().toISOString()
cache.work.put(userId, {
  contactId,
  remote: { number: null, e164: null, displayName: null },
  continues: null,
  queue: null,
  direction: 'inbound',
  practice: false,
  startedAt,
  answeredAt: null,
  endedAt: null,
})
say('open')

let page = Number(cache.sync.cursor() ?? 0)
for (let i = 0; ; i += 1) {
  const { streamId } = cache.sync.stream(userId)
  const id = newId()
  const accepted = cache.accept(author, [
    {
      name: 'contact.open',
      args: {
        id,
        channel: 'phone',
        direction: 'inbound',
        queue: null,
        callerNumber: null,
        startedAt,
        answeredAt: null,
        practice: false,
        citizenId: null,
      },
    },
  ])
  for (const command of accepted) say(`accepted ${command.id} ${command.n} ${id}`)
  const { revision } = cache.work.save(contactId, i, { ...emptyDraft, note: `nota ${i}` })
  say(`saved ${contactId} ${revision}`)
  if (i % 3 === 0) {
    page += 1
    cache.sync.applyPage([
      rowLine('citizen', sample.citizen()),
      { type: 'applied', streamId, n: 0 },
      endLine(String(page)),
    ])
    say(`paged ${page}`)
  }
}
