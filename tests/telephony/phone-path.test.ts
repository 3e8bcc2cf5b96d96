import { once } from 'node:events'
import { type AddressInfo, connect } from 'node:net'
import { createServer, type Server } from 'node:tls'
import { afterEach, expect, it } from 'vitest'
import { defaultLine, type LineConfiguration } from '../../src/contract/domain/line.ts'
import { selfSigned } from '../support/certificate.ts'
import { installPhoneRig } from '../support/phone-rig.ts'
import { openStunServer } from '../support/stun-server.ts'
import { credentialsOf, eventually } from '../support/telephone.ts'
import { openTurnServer } from '../support/turn-server.ts'

const rig = installPhoneRig()
const closing: (() => unknown)[] = []
afterEach(async () => {
  await rig.desk.phone.stop()
  for (const close of closing.splice(0).toReversed()) await close()
})

/** The same desk where the line is configured otherwise, with what it sends. */
async function configured(line: Partial<LineConfiguration>): Promise<string[]> {
  return (await rig.throughRelay(line)).fromDesk
}

const withServer = (url: string) => ({
  media: { ...defaultLine.media, iceServers: [{ urls: [url] }] },
})

it('asks the STUN server of the line, and does not wait long for one that does not answer', async () => {
  const took = { fine: [] as number[], dead: [] as number[] }
  // A busy machine only adds: the quickest of three is what the server costs.
  for (const answers of [true, false, true, false, true, false]) {
    const server = await openStunServer({ answers })
    closing.push(() => server.close())
    await configured(withServer(server.url))
    const begun = performance.now()
    // An answer may be complete before: the far end has answered our checks then, and nothing more is looked for.
    const id = await rig.desk.phone.dial('+390255510150')
    took[answers ? 'fine' : 'dead'].push(Math.round(performance.now() - begun))
    await rig.isHeardHere(id)
    expect(server.asked()).toBeGreaterThan(0)
    await rig.desk.phone.hangUp(id)
  }
  console.log(`offered in ms, STUN fine and black-holed: ${took.fine.join(' ')}, ${took.dead.join(' ')}`)
  expect(Math.min(...took.dead) - Math.min(...took.fine)).toBeLessThan(500)
})

it('offers the codecs of the line in their order, and no others', async () => {
  const sent = await configured({ media: { ...defaultLine.media, codecs: ['pcmu', 'pcma'] } })
  const id = await rig.desk.phone.dial('+390255510150')
  const invite = await eventually(
    () => sent.find((message) => /^INVITE /.test(message)) ?? '',
    (message) => message !== '',
    'our offer',
  )
  const names = [...invite.matchAll(/^a=rtpmap:\d+ ([^/]+)/gim)].map((match) => match[1])
  expect(names.slice(0, 2)).toEqual(['PCMU', 'PCMA'])
  expect(new Set(names.slice(2))).toEqual(new Set(['telephone-event']))
  await rig.desk.until(() => rig.present()?.media === 'flowing', 'packets come in')
  await rig.isHeardHere(id)
})

it('goes by TURN alone where the line wants it so: no address of the desk leaves, and both hear', async () => {
  const server = await openTurnServer()
  closing.push(() => server.close())
  const iceServers = [server.ice]
  const sent = await configured({ media: { ...defaultLine.media, iceServers, relayOnly: true } })
  const { handle, id } = await rig.talking()
  await rig.bothHear(handle, id)
  await rig.desk.phone.hangUp(id)
  const dialled = await rig.desk.phone.dial('+390255510150')
  await rig.isHeardHere(dialled)
  const candidates = sent.flatMap((message) => message.match(/^a=candidate:.*$/gim) ?? [])
  expect(candidates.length).toBeGreaterThan(1)
  for (const candidate of candidates) expect(candidate).toMatch(/ typ relay /)
  const { out, back } = server.relayed()
  console.log(`datagrams by TURN, out and back: ${out}, ${back}`)
  expect(Math.min(out, back)).toBeGreaterThan(20)
})

it('registers by TLS with an exchange that only the city’s own authority vouches for, and with no other', async () => {
  await rig.desk.phone.stop()
  const { key, cert } = await selfSigned('localhost')
  const behind = Number(new URL(rig.line.sipUrl).port)
  const server: Server = createServer({ key, cert }, (near) => {
    const far = connect(behind, '127.0.0.1')
    near
      .on('error', () => undefined)
      .once('data', (head) => {
        far.write(head.toString('latin1').replace(/^(Host:) .*$/im, `$1 127.0.0.1:${behind}`), 'latin1')
        near.pipe(far)
      })
    far.on('error', () => undefined).pipe(near)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  closing.push(() => server.close())
  let certificateAuthority: string | null = null
  rig.credentials = async () => ({
    ...credentialsOf(
      '2001',
      `wss://localhost:${(server.address() as AddressInfo).port}${new URL(rig.line.sipUrl).pathname}`,
      null,
    ),
    line: { ...defaultLine, certificateAuthority },
  })
  rig.desk.phone.start()
  await rig.desk.until(() => rig.desk.phone.registration().retryAt !== null, 'not trusted')
  expect(rig.desk.phone.registration().state).toBe('away')
  await rig.desk.phone.stop()
  certificateAuthority = cert
  rig.desk.phone.start()
  await rig.desk.registered()
})
