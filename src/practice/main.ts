import { parseArgs } from 'node:util'
import { type Logger, pino } from 'pino'
import { FileProblem } from '#contract/json-text.ts'

const usage = `The practice line: a small telephone exchange with simulated citizens, for training and tests.

  node src/practice/main.ts [--port 0] [--ring-seconds 20]
      runs the line on 127.0.0.1 and prints one JSON line with its addresses when it is ready;
      a desk rings as long as --ring-seconds says before the call goes back to the queue;
      ASCOLTO_SIP_SECRET (32 characters or more) is the secret shared with the CRM
  node src/practice/main.ts call SCENARIO --url CONTROL_URL --token TOKEN
      lets a citizen call
  node src/practice/main.ts rate CALLS_PER_MINUTE --url CONTROL_URL --token TOKEN
      lets citizens come at a rate; 0 ends it

The token may also stand in ASCOLTO_PRACTICE_TOKEN.`

const secretLength = 32

function stopWith(problem: string): never {
  process.stderr.write(`${problem}\n`)
  process.exit(2)
}

async function run(port: number, ringTimeoutMs: number, log: Logger): Promise<void> {
  const sipSecret = process.env.ASCOLTO_SIP_SECRET ?? ''
  if (sipSecret.length < secretLength)
    stopWith(`ASCOLTO_SIP_SECRET is missing or shorter than ${secretLength} characters.`)
  // SIP.js loses some errors in promises of its own: a message that breaks it must not end everybody's calls.
  process.on('unhandledRejection', (reason) => log.error({ err: reason }, 'unhandled rejection'))

  // Not for the commands that only speak to one that runs.
  const { openLine } = await import('./line.ts')
  const line = await openLine({ port, sipSecret, ringTimeoutMs, log })
  const { sipUrl, queueUrl, controlUrl, controlToken } = line
  process.stdout.write(
    `${JSON.stringify({ ready: 'practice', sipUrl, queueUrl, controlUrl, controlToken })}\n`,
  )
  let closing = false
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.on(signal, () => {
      if (closing) return
      closing = true
      log.info({ signal }, 'closing')
      line.close().then(
        () => process.exit(0),
        (error: unknown) => {
          log.error({ err: error }, 'did not close cleanly')
          process.exit(1)
        },
      )
    })
}

async function control(path: string, body: object, url: string | undefined, token: string): Promise<void> {
  if (!url || !token) stopWith('--url and --token are needed: the line prints both when it is ready.')
  const response = await fetch(new URL(path, url), {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify(body),
  }).catch(() => stopWith(`No practice line answers at ${url}.`))
  const answer = await response.text()
  if (!response.ok) stopWith(`The line answered ${response.status}: ${answer}`)
  process.stdout.write(`${answer}\n`)
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      port: { type: 'string', default: '0' },
      'ring-seconds': { type: 'string', default: '20' },
      url: { type: 'string' },
      token: { type: 'string', default: process.env.ASCOLTO_PRACTICE_TOKEN ?? '' },
      help: { type: 'boolean', default: false },
    },
  })
  const [verb, argument] = positionals
  if (values.help) process.stdout.write(`${usage}\n`)
  else if (verb === undefined) {
    const port = Number(values.port)
    if (!Number.isInteger(port) || port < 0 || port > 65_535) stopWith(`${values.port} is no port.`)
    const ringSeconds = Number(values['ring-seconds'])
    if (!(ringSeconds >= 1 && ringSeconds <= 3600))
      stopWith(`${values['ring-seconds']} is no ring time: 1 to 3600 seconds.`)
    const log = pino({ name: 'practice', level: process.env.ASCOLTO_LOG ?? 'info' }, pino.destination(2))
    await run(port, ringSeconds * 1000, log)
  } else if (verb === 'call' && argument)
    await control('/control/calls', { scenario: argument }, values.url, values.token)
  else if (verb === 'rate' && argument)
    await control('/control/rate', { perMinute: Number(argument) }, values.url, values.token)
  else stopWith(usage)
}

main().catch((error: unknown) => {
  if (error instanceof FileProblem || (error instanceof TypeError && 'code' in error)) stopWith(error.message)
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
  process.exit(1)
})
