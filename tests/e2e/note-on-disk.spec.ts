import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { pino } from 'pino'
import { outboxMigrations } from '../../src/main/cache/migrations/outbox.ts'
import { openSqlite } from '../../src/main/cache/sqlite.ts'
import { openKeyFile } from '../../src/main/loopback/key-file.ts'
import { expect, test } from './desk.ts'

test('the last key of a note is on the disk within 250 ms', async ({ city, desks, shell }) => {
  test.skip(shell === 'electron', 'the key of the loopback host lies in a file')
  const desk = await desks.open()
  await desk.beginShift()
  const { page } = desk
  await city.call('stays-on-the-line')
  await desk.answer()
  await desk.note.focus()
  const disk = openSqlite({
    path: join(city.folder('desk'), 'outbox.db'),
    key: await (await openKeyFile(city.folder('desk'))).databaseKey(),
    synchronous: 'full',
    migrations: outboxMigrations,
    corrupt: 'outbox-corrupt',
    log: pino({ level: 'silent' }),
  })
  try {
    const drafts = disk.query<{ draft: string }>('SELECT draft FROM work')
    const took: number[] = []
    let text = ''
    for (let at = 1; at <= 11; at++) {
      const sentence = `Frase ${at}. `
      await page.keyboard.type(sentence.slice(0, -1), { delay: 20 })
      await page.keyboard.press('Space')
      const pressed = performance.now()
      text += sentence
      while (!drafts.all().some(({ draft }) => draft.includes(JSON.stringify(text).slice(1, -1)))) {
        expect(performance.now() - pressed).toBeLessThan(10_000)
        await wait(2)
      }
      took.push(performance.now() - pressed)
    }
    // Of the eleven the one in the middle: the two cores are shared with other tests.
    const [median, longest] = [took.toSorted((a, b) => a - b)[5] ?? 0, Math.max(...took)]
    console.log(`a note is on the disk: median ${median.toFixed(0)} ms, longest ${longest.toFixed(0)} ms`)
    expect(median).toBeLessThanOrEqual(250)
  } finally {
    disk.close()
  }
  await desk.hangUp()
  await desk.wrapUp('Caduta o muta')
})
