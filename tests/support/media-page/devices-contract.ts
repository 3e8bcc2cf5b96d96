import type { AudioDevices } from '../../../src/renderer/src/media/audio-devices.ts'
import { MediaFailure } from '../../../src/renderer/src/media/microphone-failure.ts'

const processing = { echoCancellation: false, noiseSuppression: false, autoGainControl: false }

/** The loudest of a second. */
async function levelOf(stream: MediaStream): Promise<number> {
  const context = new AudioContext()
  const analyser = context.createAnalyser()
  context.createMediaStreamSource(stream).connect(analyser)
  await context.resume()
  const samples = new Float32Array(analyser.fftSize)
  let loudest = 0
  for (let round = 0; round < 120 && loudest < 0.01; round++) {
    await new Promise((resolve) => setTimeout(resolve, 35))
    analyser.getFloatTimeDomainData(samples)
    for (const sample of samples) loudest = Math.max(loudest, Math.abs(sample))
  }
  await context.close()
  return loudest
}

const refused = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => null,
    (error: unknown) => error,
  )

/** What every implementation of the device interface must do, in a page whose microphone is allowed. What was not so, in words. */
export async function devicesContract(devices: AudioDevices): Promise<string[]> {
  const broken: string[] = []
  const check = (holds: boolean, what: string) => {
    if (!holds) broken.push(what)
  }
  const all = await devices.list()
  const real = all.filter(({ id }) => id !== 'default' && id !== 'communications')
  const inputs = real.filter(({ kind }) => kind === 'input')
  const outputs = real.filter(({ kind }) => kind === 'output')
  check(inputs.length >= 2 && outputs.length >= 2, `several of each: ${JSON.stringify(all)}`)
  check(
    real.every(({ id, label }) => id !== '' && label !== ''),
    'ids and names',
  )
  check(new Set(real.map(({ id, kind }) => kind + id)).size === real.length, 'no id twice')
  check(
    all.some(({ id, kind }) => id === 'default' && kind === 'input'),
    'the system’s choice',
  )

  for (const id of [null, ...inputs.map((one) => one.id)]) {
    const stream = await devices.open(id, processing)
    const [track, ...others] = stream.getAudioTracks()
    check(track?.readyState === 'live' && others.length === 0, `one live track of ${id}`)
    check((await levelOf(stream)) > 0.01, `sound from ${id}`)
    track?.stop()
  }
  const gone = await refused(devices.open('no-such-microphone', processing))
  check(
    gone instanceof MediaFailure && gone.fault === 'microphone-missing',
    `a microphone that is gone: ${gone}`,
  )

  const context = new AudioContext()
  const element = new Audio()
  for (const sink of [context, element]) {
    for (const { id } of outputs) check((await refused(devices.route(sink, id))) === null, `route to ${id}`)
    check((await refused(devices.route(sink, 'no-such-loudspeaker'))) !== null, 'a loudspeaker that is gone')
    check((await refused(devices.route(sink, null))) === null, 'route to the system’s choice')
  }
  await context.close()
  devices.onChange(() => undefined)()
  return broken
}
