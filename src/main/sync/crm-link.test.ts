import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openLink } from './crm-link.ts'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

/** Begins a stream and says nothing more. */
const server = createServer((_, answer) => {
  answer.writeHead(200, { 'Content-Type': 'text/event-stream' })
  answer.write(': here\n\n')
})
beforeAll(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)))
afterAll(() => {
  server.closeAllConnections()
  return new Promise((resolve) => server.close(resolve))
})

it('ends a stream that is not wanted any more, however long ago it began', async () => {
  const crm = openLink(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  const wanted = new AbortController()
  const begun = once(server, 'connection')
  const stream = await crm.sync.notices(undefined, {
    context: { authorization: async () => 'Bearer token' },
    signal: wanted.signal,
  })
  const heard = stream.next().catch((error: unknown) => error)
  const [connection] = await begun
  const ended = once(connection, 'close')
  for (let i = 0; i < 3; i += 1) {
    collectGarbage()
    await setImmediate()
  }
  wanted.abort()
  await ended
  expect(await heard).toMatchObject({ name: 'AbortError' })
})
