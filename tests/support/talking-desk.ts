import { writeSync } from 'node:fs'
import { startHost, until } from './host.ts'
import { attachMediaEnd } from './media-end.ts'

/** A desk in a process of its own, for a test to kill: takes the first call that rings, asks a team about it, lets the next ring, and says so. */
const [dataDir = '', crmUrl = ''] = process.argv.slice(2)
const { client } = await startHost({ crmUrl, dataDir })
await attachMediaEnd(client)
await until(await client.system.watch(), (now) => now.phone.state === 'registered')
await client.agent.setDesired({ desired: { kind: 'ready' } })
let answered = false
for await (const { calls } of await client.calls.watch()) {
  const ringing = calls.find(({ state }) => state === 'ringing')
  if (ringing && !answered) {
    answered = true
    await client.calls.answer({ callId: ringing.id })
    await client.calls.consult({ callId: ringing.id, to: 'team-civil-services' })
  } else if (calls.some(({ state, consultsFor }) => state === 'active' && consultsFor !== null)) {
    // What was told is on the disk when it is read.
    await client.work.list()
    writeSync(1, ringing ? 'rings\n' : 'talks\n')
  }
}
