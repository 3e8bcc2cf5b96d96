import { monitorEventLoopDelay } from 'node:perf_hooks'
import { expect, it } from 'vitest'
import { installPhoneRig } from '../support/phone-rig.ts'
import { eventually } from '../support/telephone.ts'

const rig = installPhoneRig()
const flood = 5000

/** A call of somebody who calls without end, for the desk of this contact. */
const invite = (contact: string, n: number): string =>
  [
    `INVITE ${contact} SIP/2.0`,
    `Via: SIP/2.0/WS flood.invalid;branch=z9hG4bKflood${n}`,
    'Max-Forwards: 70',
    'From: "Flood" <sip:flood@flood.invalid>;tag=flood',
    'To: <sip:2001@practice.ascolto.invalid>',
    `Call-ID: flood-${n}`,
    'CSeq: 1 INVITE',
    'Contact: <sip:flood@flood.invalid;transport=ws>',
    'Content-Length: 0',
    '',
    '',
  ].join('\r\n')

const other = (method: string, n: number): string =>
  invite('sip:2001@x.invalid', n).replaceAll('INVITE', method)

it('is not frozen by five thousand INVITEs and as many REGISTERs and NOTIFYs, and a real call rings', {
  timeout: 120_000,
}, async () => {
  const relay = await rig.throughRelay()
  await rig.desk.phone.setDesired({ kind: 'ready' })
  await rig.desk.until(() => rig.desk.phone.agent().engine.kind === 'ready', 'ready')
  const contact = /^Contact: <([^>]+)>/m.exec(
    relay.fromDesk.findLast((one) => one.startsWith('REGISTER')) ?? '',
  )?.[1]
  if (contact === undefined) throw new Error('no contact')

  const delay = monitorEventLoopDelay({ resolution: 5 })
  delay.enable()
  const cpuBefore = process.cpuUsage()
  const beganAt = performance.now()
  for (let n = 0; n < flood; n++) {
    relay.say(invite(contact, n))
    relay.say(other(n % 2 === 0 ? 'REGISTER' : 'NOTIFY', n))
    // The flood comes from another machine: what it costs to send must not be taken for what it costs to receive.
    if (n % 20 === 19) await new Promise((resolve) => setImmediate(resolve))
  }
  const toldOff = () => relay.fromDesk.filter((one) => one.startsWith('SIP/2.0 486')).length
  await eventually(toldOff, (count) => count > 30, 'the flood was answered')
  // What it let through first rings; the operator turns it down.
  for (const { id, state } of rig.desk.phone.calls()) if (state === 'ringing') await rig.desk.phone.reject(id)
  delay.disable()
  const cpu = process.cpuUsage(cpuBefore)
  const cpuPerMessage = (cpu.user + cpu.system) / 1000 / (2 * flood)
  const took = performance.now() - beganAt
  const ms = (nanoseconds: number) => Math.round(nanoseconds / 1e6)
  console.log(
    `10,000 messages in ${Math.round(took)} ms; event loop delayed by p50 ${ms(delay.percentile(50))}, p99 ${ms(delay.percentile(99))}, at most ${ms(delay.max)} ms; ${cpuPerMessage.toFixed(2)} ms of processor each, sending included`,
  )
  // Parsed one and all each takes two milliseconds and more; on a busy machine only the processor's time tells the difference.
  expect(cpuPerMessage).toBeLessThan(1)
  expect(ms(delay.percentile(50))).toBeLessThan(200)
  expect(relay.fromDesk.filter((one) => one.startsWith('SIP/2.0 486')).length).toBeLessThan(200)

  const placedAt = performance.now()
  rig.line.place('talker')
  const real = await rig.desk.call(
    (one) => one.state === 'ringing' && one.remote.number === '+390255510143',
    'a real call rings',
  )
  console.log(`a real call rang ${Math.round(performance.now() - placedAt)} ms after it was placed`)
  await rig.desk.phone.answer(real.id)
  await rig.isHeardHere(real.id)
})
