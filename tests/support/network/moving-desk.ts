import { execFileSync } from 'node:child_process'
import { launchShell, openMediaPage } from '../media-page/media-page.ts'
import { credentialsOf, eventually, openTelephone, openTestLine } from '../telephone.ts'

/**
 * A desk in a call, in a network namespace of its own that this program may break. Prints one JSON object: what was told when, in
 * milliseconds. Run by `runMovingDesk`.
 */
const ip = (...words: string[]) => execFileSync('ip', words, { stdio: ['ignore', 'ignore', 'inherit'] })

ip('link', 'set', 'lo', 'up')
// Rules of ours come before the one that finds this machine's own addresses.
ip('rule', 'add', 'pref', '100', 'lookup', 'local')
ip('rule', 'delete', 'pref', '0')
ip('link', 'add', 'wired', 'type', 'veth', 'peer', 'name', 'wall')
ip('link', 'set', 'wall', 'up')
ip('link', 'set', 'wired', 'up')
ip('address', 'add', '10.77.0.4/24', 'dev', 'wired')

const line = await openTestLine()
const browser = await launchShell()
const media = await openMediaPage(browser)
const restarts: number[] = []
const ask = media.media.ask.bind(media.media)
media.media.ask = (verb, timeoutMs) => {
  if (verb.verb === 'get-description' && verb.iceRestart) restarts.push(performance.now())
  return ask(verb, timeoutMs)
}
const desk = openTelephone(media.media, async () => credentialsOf('2001', line.sipUrl, line.queueUrl))
const { phone, until } = desk
const registration = () => phone.registration().state

try {
  phone.start()
  await desk.registered()
  await phone.setDesired({ kind: 'ready' })
  await until(() => phone.agent().engine.kind === 'ready', 'ready')
  const handle = line.place('talker')
  const { id } = await desk.call((call) => call.state === 'ringing', 'it rings')
  await phone.answer(id)
  const flows = () => phone.calls()[0]?.media === 'flowing'
  await until(flows, 'packets come in')

  const bothHear = async () => {
    await until(flows, 'packets come in', 15_000)
    const before = handle.mediaStats().receivedPackets
    await eventually(
      () => handle.mediaStats().receivedPackets,
      (now) => now > before + 10,
      'our packets arrive',
    )
  }
  await bothHear()

  // The cable to the exchange is out: neither its socket nor any audio; what this machine says to itself passes.
  const port = new URL(line.sipUrl).port
  const cable = [
    ['ipproto', 'udp'],
    ['ipproto', 'tcp', 'dport', port],
    ['ipproto', 'tcp', 'sport', port],
  ]
  const pulled = performance.now()
  for (const which of cable) ip('rule', 'add', 'pref', '10', ...which, 'blackhole')
  await until(() => registration() === 'away', 'told that the line is away', 10_000)
  const noticed = performance.now() - pulled
  await until(() => phone.calls()[0]?.media === 'lost', 'told that nothing is heard', 10_000)
  const silent = performance.now() - pulled
  const back = performance.now()
  for (const _ of cable) ip('rule', 'delete', 'pref', '10')
  await until(() => registration() === 'registered', 'registered', 20_000)
  const registered = performance.now() - back
  await bothHear()
  const heard = performance.now() - back
  const sameCall = phone.calls().length === 1 && phone.calls()[0]?.id === id

  // From the wire to the wireless: the old address is gone, another one is there.
  restarts.length = 0
  const moved = performance.now()
  ip('link', 'add', 'wireless', 'type', 'veth', 'peer', 'name', 'air')
  ip('link', 'set', 'air', 'up')
  ip('link', 'set', 'wireless', 'up')
  ip('address', 'add', '10.78.0.9/24', 'dev', 'wireless')
  ip('link', 'delete', 'wired')
  await eventually(
    () => restarts[0],
    (at) => at !== undefined,
    'offered anew with new ICE',
  )
  const offered = (restarts[0] ?? Number.NaN) - moved
  await bothHear()
  const moveHeard = performance.now() - moved
  const wish = phone.agent().desired
  process.stdout.write(
    `${JSON.stringify({ noticed, silent, registered, heard, sameCall, offered, moveHeard, calls: phone.calls().length, wish: wish.kind })}\n`,
  )
} finally {
  await phone.stop()
  await media.close()
  await browser.close()
  await line.close()
}
