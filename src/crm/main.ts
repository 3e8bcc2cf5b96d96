import { readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { longestHoldMinutes } from '#contract/crm-booking.ts'
import { LineConfiguration } from '#contract/domain/line.ts'
import { Fault } from '#contract/errors.ts'
import { FileProblem, parseJsonText } from '#contract/json-text.ts'
import { isLoopbackHost } from '#contract/loopback.ts'
import { usualTerms } from './appointments/booking-router.ts'
import { asActor } from './audit/actor.ts'
import { CommandProblem } from './command-problem.ts'
import { type Crm, type MessagingOptions, openCrm } from './crm.ts'
import { openLog } from './http/log.ts'
import { readProxies } from './http/proxies.ts'
import { type AccountAction, accountActions, accountCommand } from './identity/account-command.ts'
import { type ClientAction, clientActions, clientCommand } from './identity/client-command.ts'
import { OutsideIssuer, type OutsideOptions } from './identity/outside.ts'
import { readPassword } from './identity/read-password.ts'
import { cityMessages } from './messages/templates.ts'
import { loadTemplates } from './messages/texts.ts'
import { keepEverything, loadRetention, type RetentionTerms } from './retention/terms.ts'
import { isEmpty, isOwnCity } from './seed/filled.ts'
import type { Foundation } from './seed/foundation.ts'
import { progressBar, progressLog } from './seed/progress.ts'
import { openStore, type Store } from './store/store.ts'
import { applyRules, type CityRules, cityRules, loadRules, strangersOf } from './tickets/rules.ts'
import { clamdScanner, type Scanner } from './tickets/scanner.ts'

const usage = `Usage:
  node src/crm/main.ts serve [options]   the central CRM, its sign-in and its API; an empty database is seeded first
  node src/crm/main.ts seed [options]    a synthetic city for an empty database, and no more
  node src/crm/main.ts found [options]   a city's own offices, services, topics, cards and rules for an empty database: no accounts, nobody invented
  node src/crm/main.ts city ACTION       of one that was founded: show what its folders would change, apply it
  node src/crm/main.ts citizens import FILE [--dry-run]   residents from the registry, one a line, in JSON
  node src/crm/main.ts account ACTION    who may sign in: add, password, roles, deactivate, activate, sign-out, list
  node src/crm/main.ts client ACTION     which other systems may: add, list, end

Database: PostgreSQL at DATABASE_URL, else an embedded one in --data.
  --data DIR            default .data/crm
  --citizens N          of the synthetic city; default 5000
  --seed N              the same number gives the same city; default 1
found, city show, city apply:
  --city FOLDER         topics, offices, services and articles
  --rules FOLDER        calendar, terms, routing and teams of requests; default that of --city
account add LOGIN, account roles LOGIN:
  --given-name NAME --family-name NAME
  --role ROLE           operator, specialist, supervisor or administrator; may be there several times, as may --team
  --team TEAM           one of the city's
  --extension USER      the person's own at the exchange
  The password of add and of password is asked for, or read from standard input.
client add NAME, client end NAME:
  --role ROLE --team TEAM   as of an account. The secret of add is printed once
serve:
  --host ADDRESS        default 127.0.0.1; put a proxy with TLS before any other
  --port N              default 4100; 0 takes a free one
  --public-url URL      where others reach it, when that is not where it listens
  --sip-url URL         ws: or wss: address of the exchange
  --queue-url URL       of its queue engine, when it has one
  --line FILE           how the exchange is spoken to, and its teams; default the example city's
  --messages FOLDER     what citizens are told of their appointments; default the example city's
  --rules FOLDER        calendar, terms, routing and teams of the synthetic city's requests; default the example's
  --issuer FILE         the city's own OpenID provider; without it people have accounts here
  --retention FILE      how long contents are kept; without it for ever, but in the synthetic city
  --attachments FOLDER  files of requests, one for all processes of a database; default in --data
  --scanner URL         clamd://host:port; without it files are looked through for the test file of EICAR only
  --realm NAME          of the exchange; default that of the practice line
  --directory POLICY    working-set (default) or whole: what of the citizens a desk holds
  --hold-minutes N      how long seats are kept for an operator who talks; default 5, at most 10
  --practice            serve the example city's accounts, whose password is public, beyond loopback
  ASCOLTO_SIP_SECRET    shared with the exchange (auth_ephemeral)
  ASCOLTO_OIDC_SECRET   of this CRM as a client of --issuer, when it has one
  ASCOLTO_TRUSTED_PROXIES  addresses or ranges of proxies on other computers, with commas between
  ASCOLTO_METRICS_TOKEN who reads /metrics must bring it; without it only this computer may
  SMTP_URL              smtps://user:password@host or smtp://host:587; without it e-mail stays in the outbox
`

const exampleLine = fileURLToPath(new URL('../../resources/city/line.json', import.meta.url))

class UsageError extends Error {}

function readOptions(args: string[]) {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      data: { type: 'string', default: join('.data', 'crm') },
      citizens: { type: 'string', default: '5000' },
      seed: { type: 'string', default: '1' },
      host: { type: 'string', default: '127.0.0.1' },
      port: { type: 'string', default: '4100' },
      'public-url': { type: 'string' },
      'sip-url': { type: 'string' },
      'queue-url': { type: 'string' },
      line: { type: 'string', default: exampleLine },
      messages: { type: 'string', default: cityMessages },
      realm: { type: 'string', default: 'practice.ascolto.invalid' },
      directory: { type: 'string', default: 'working-set' },
      rules: { type: 'string' },
      issuer: { type: 'string' },
      retention: { type: 'string' },
      attachments: { type: 'string' },
      scanner: { type: 'string' },
      'hold-minutes': { type: 'string', default: String(usualTerms.holdMinutes) },
      practice: { type: 'boolean', default: false },
      'dry-run': { type: 'boolean', default: false },
      city: { type: 'string' },
      'given-name': { type: 'string' },
      'family-name': { type: 'string' },
      extension: { type: 'string' },
      role: { type: 'string', multiple: true },
      team: { type: 'string', multiple: true },
    },
  })
  const [command = 'serve', ...rest] = positionals
  if (command === 'account') {
    const [action, login, ...more] = rest
    const known = accountActions.find((name) => name === action)
    if (!known || more.length > 0) throw new UsageError(`account: one of ${accountActions.join(', ')}`)
    return { command, action: known, login, values } as const
  }
  if (command === 'client') {
    const [action, name, ...more] = rest
    const known = clientActions.find((one) => one === action)
    if (!known || more.length > 0) throw new UsageError(`client: one of ${clientActions.join(', ')}`)
    return { command, action: known, name, values } as const
  }
  if (command === 'city') {
    const [action, ...more] = rest
    if ((action !== 'show' && action !== 'apply') || more.length > 0)
      throw new UsageError('city: one of show, apply')
    return { command, action, values } as const
  }
  if (command === 'citizens') {
    const [action, file, ...more] = rest
    if (action !== 'import' || file === undefined || more.length > 0)
      throw new UsageError('citizens: import FILE')
    return { command, file, values } as const
  }
  if (rest.length > 0 || (command !== 'serve' && command !== 'seed' && command !== 'found')) {
    throw new UsageError('unknown command')
  }
  return { command, values } as const
}
type Values = ReturnType<typeof readOptions>['values']

function wholeNumber(name: string, text: string, max: number): number {
  const number = Number(text)
  if (!Number.isInteger(number) || number < 0 || number > max) throw new UsageError(`--${name}: ${text}`)
  return number
}

function address(name: string, text: string | undefined, protocols: string[]): string {
  if (text === undefined) throw new UsageError(`--${name} is missing`)
  if (!URL.canParse(text) || !protocols.includes(new URL(text).protocol)) {
    throw new UsageError(`--${name}: ${text}`)
  }
  return text
}

async function readLine(file: string): Promise<LineConfiguration> {
  const text = await readFile(file, 'utf8').catch(() => {
    throw new UsageError(`--line: ${file} cannot be read`)
  })
  try {
    return parseJsonText(basename(file), text, LineConfiguration)
  } catch (error) {
    throw error instanceof FileProblem ? new UsageError(`--line: ${error.message}`) : error
  }
}

/** With the mail server's address checked here, so that a wrong one stops the start. */
async function readMessages(folder: string): Promise<MessagingOptions> {
  const smtpUrl = process.env.SMTP_URL || undefined
  try {
    if (smtpUrl !== undefined) (await import('./messages/smtp.ts')).smtpOptions(smtpUrl)
  } catch {
    throw new UsageError('SMTP_URL: not an address of a mail server, smtp: or smtps:')
  }
  try {
    return { templates: await loadTemplates(folder), smtpUrl }
  } catch (error) {
    if (error instanceof FileProblem) throw new UsageError(`--messages: ${error.message}`)
    throw (error as NodeJS.ErrnoException).code === 'ENOENT'
      ? new UsageError(`--messages: ${folder} cannot be read`)
      : error
  }
}

async function readRules(folder: string): Promise<CityRules> {
  try {
    return await loadRules(folder)
  } catch (error) {
    if (error instanceof FileProblem) throw new UsageError(`--rules: ${error.message}`)
    throw (error as NodeJS.ErrnoException).code === 'ENOENT'
      ? new UsageError(`--rules: ${folder} cannot be read`)
      : error
  }
}

async function readFoundation({ city, rules = city }: Values): Promise<Foundation> {
  if (city === undefined || rules === undefined) throw new UsageError('--city is missing')
  const { loadFoundation } = await import('./seed/foundation.ts')
  try {
    return await loadFoundation(city, rules)
  } catch (error) {
    if (error instanceof FileProblem) throw new UsageError(error.message)
    const { code, path } = error as NodeJS.ErrnoException
    throw code === 'ENOENT' ? new UsageError(`${path} cannot be read`) : error
  }
}

async function readIssuer(file: string | undefined): Promise<OutsideOptions | undefined> {
  if (file === undefined) return undefined
  const text = await readFile(file, 'utf8').catch(() => {
    throw new UsageError(`--issuer: ${file} cannot be read`)
  })
  try {
    const issuer = parseJsonText(basename(file), text, OutsideIssuer)
    return { issuer, secret: process.env.ASCOLTO_OIDC_SECRET || undefined }
  } catch (error) {
    throw error instanceof FileProblem ? new UsageError(`--issuer: ${error.message}`) : error
  }
}

/** A city of its own that names no terms loses nothing. */
async function readRetention(file: string | undefined, { own }: { own: boolean }): Promise<RetentionTerms> {
  if (file === undefined && own) {
    log.warn('nothing is purged: how long contents are kept is said by --retention')
    return keepEverything
  }
  try {
    return await loadRetention(file, { own })
  } catch (error) {
    if (error instanceof FileProblem) throw new UsageError(`--retention: ${error.message}`)
    throw (error as NodeJS.ErrnoException).code === 'ENOENT'
      ? new UsageError(`--retention: ${file} cannot be read`)
      : error
  }
}

function scannerAt(text: string | undefined): Scanner | null {
  if (text === undefined) return null
  const { hostname, port } = new URL(address('scanner', text, ['clamd:']))
  return clamdScanner({ host: hostname, port: port === '' ? 3310 : Number(port) })
}

const log = openLog()

const openStoreOf = (values: Values): Promise<Store> =>
  openStore(
    process.env.DATABASE_URL
      ? {
          databaseUrl: process.env.DATABASE_URL,
          onConnectionLost: (error) => log.warn({ err: error }, 'a connection to the database was lost'),
        }
      : { dataDir: values.data },
  )

async function serve(values: Values): Promise<void> {
  const sipSecret = process.env.ASCOLTO_SIP_SECRET
  if (!sipSecret) throw new UsageError('ASCOLTO_SIP_SECRET is missing')
  const { directory } = values
  if (directory !== 'working-set' && directory !== 'whole') throw new UsageError(`--directory: ${directory}`)
  const queueUrl = values['queue-url']
  const phone = {
    sipSecret,
    realm: values.realm,
    sipUrl: address('sip-url', values['sip-url'], ['ws:', 'wss:']),
    queueUrl: queueUrl === undefined ? null : address('queue-url', queueUrl, ['ws:', 'wss:']),
    line: await readLine(values.line),
  }
  const publicUrl = values['public-url']
  if (publicUrl !== undefined) address('public-url', publicUrl, ['http:', 'https:'])
  const port = wholeNumber('port', values.port, 65_535)
  const holdMinutes = wholeNumber('hold-minutes', values['hold-minutes'], longestHoldMinutes)
  if (holdMinutes === 0) throw new UsageError('--hold-minutes: 0')

  const synthetic = cityOf(values)
  const messages = await readMessages(values.messages)
  const outside = await readIssuer(values.issuer)
  const scanner = scannerAt(values.scanner)
  const metricsToken = process.env.ASCOLTO_METRICS_TOKEN || undefined
  const proxies = readProxies(process.env.ASCOLTO_TRUSTED_PROXIES ?? '')
  if (proxies === null)
    throw new UsageError('ASCOLTO_TRUSTED_PROXIES names addresses or ranges, with commas between')

  const rules = await readRules(values.rules ?? cityRules)
  const terms = await readRetention(values.retention, { own: false })
  const practice = values.practice || (isLoopbackHost(values.host) && isLoopbackHost(hostOf(publicUrl)))

  const store = await openStoreOf(values)
  let crm: Crm
  try {
    const own = await isOwnCity(store)
    if (!own && !practice) throw new UsageError(practiceRefused)
    if (own && values.rules !== undefined)
      throw new UsageError(
        '--rules: a city of its own changes its rules with city show and city apply, not with a start',
      )
    const retention = own ? await readRetention(values.retention, { own }) : terms
    if (!own) {
      if (await isEmpty(store)) await fill(store, synthetic)
      await applyRules(store.db, rules)
    }
    for (const problem of await strangersOf(store.db))
      log.error({ problem }, 'topics, teams and routing do not fit: city apply mends them')
    if (!scanner) log.warn('no scanner looks at the files of requests: --scanner clamd://host:port')
    crm = await openCrm({
      store,
      host: values.host,
      port,
      publicUrl,
      phone,
      directory,
      messages,
      booking: { ...usualTerms, holdMinutes },
      metricsToken,
      proxies,
      retention,
      outside,
      attachments: {
        files: values.attachments ?? join(values.data, 'attachments'),
        ...(scanner ? { scanner } : {}),
      },
      log,
    })
  } catch (error) {
    await store.close().catch(() => {})
    throw error
  }

  let stopping = false
  const stop = (signal: string) => {
    if (stopping) return
    stopping = true
    log.info({ signal }, 'stopping')
    crm
      .close()
      .then(() => store.close())
      .then(
        () => process.exit(0),
        (error: unknown) => {
          log.error({ err: error }, 'did not stop cleanly')
          process.exit(1)
        },
      )
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
  process.stdout.write(`${JSON.stringify({ ready: 'crm', url: crm.url })}\n`)
  log.info({ engine: store.engine }, 'ready')
}

const hostOf = (url: string | undefined): string => (url === undefined ? 'localhost' : new URL(url).hostname)

/** The example city's accounts have a password that anybody can read in the sources. */
const practiceRefused =
  'This CRM can be reached from other computers, and its accounts would be those of the example city, whose password is public. Fill an empty database with the city’s own (found, then account add), serve it on loopback, or say --practice for a training room.'

const cityOf = (values: Values) => ({
  citizens: wholeNumber('citizens', values.citizens, 5_000_000),
  seed: wholeNumber('seed', values.seed, 2 ** 31),
})

async function fill(store: Store, city: ReturnType<typeof cityOf>): Promise<void> {
  log.info(city, 'the database is empty: a synthetic city is being made')
  const { seedCity } = await import('./seed/seed.ts')
  const counts = await seedCity(store, {
    ...city,
    onProgress: process.stderr.isTTY ? progressBar(process.stderr) : progressLog(log),
  })
  log.info(counts, 'the city is made')
}

async function seed(values: Values): Promise<void> {
  const city = cityOf(values)
  const store = await openStoreOf(values)
  try {
    if (!(await isEmpty(store)))
      throw new UsageError('the database is not empty: only an empty one is seeded')
    await fill(store, city)
  } finally {
    await store.close()
  }
}

async function found(values: Values): Promise<void> {
  const foundation = await readFoundation(values)
  const { foundCity } = await import('./seed/seed.ts')
  const store = await openStoreOf(values)
  try {
    if (!(await isEmpty(store))) throw new UsageError('the database is not empty: a city is founded once')
    await foundCity(store, foundation)
    log.info('the city is founded; nobody can sign in yet: account add, or serve --issuer')
  } finally {
    await store.close()
  }
}

async function city(action: 'show' | 'apply', values: Values): Promise<void> {
  const foundation = await readFoundation(values)
  const { changeCity } = await import('./seed/change-city.ts')
  const store = await openStoreOf(values)
  try {
    if (!(await isOwnCity(store))) throw new UsageError('city: the database has no city that was founded')
    const actor = { operation: `city.${action}` as const, user: null, device: null, request: null }
    const changes = await asActor(actor, () =>
      changeCity(store.db, foundation, { apply: action === 'apply', now: new Date() }),
    )
    const said = changes.map(({ what, id, did, detail }) => [what, id, did, detail].join('\t').trim())
    process.stdout.write(`${said.join('\n') || 'Nothing changes.'}\n`)
    if (changes.some(({ blocks }) => blocks))
      throw new CommandProblem('Nothing was changed: see what is in the way.')
  } finally {
    await store.close()
  }
}

async function citizens(file: string, values: Values): Promise<void> {
  const dryRun = values['dry-run']
  const { importCitizens } = await import('./citizens/import.ts')
  const store = await openStoreOf(values)
  try {
    if (await isEmpty(store)) throw new UsageError('citizens: the database has no city: found one first')
    const actor = { operation: 'citizens.import' as const, user: null, device: null, request: null }
    let told = 0
    const { created, changed, unchanged, wrong } = await asActor(actor, () =>
      importCitizens(store.db, {
        ...{ file, dryRun },
        onProblem: (line, problem) => process.stderr.write(`${file}:${line}: ${problem}\n`),
        onProgress(lines) {
          if (lines < told + 10_000) return
          told = lines
          log.info({ lines }, 'reading residents')
        },
      }),
    )
    const would = dryRun ? 'would be ' : ''
    process.stdout.write(
      `${created} ${would}new, ${changed} ${would}changed, ${unchanged} as they were, ${wrong} wrong\n`,
    )
    if (wrong > 0) throw new CommandProblem('The lines named above were left out.')
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === 'ENOENT'
      ? new UsageError(`citizens: ${file} cannot be read`)
      : error
  } finally {
    await store.close()
  }
}

async function account(action: AccountAction, login: string | undefined, values: Values): Promise<void> {
  const store = await openStoreOf(values)
  try {
    process.stdout.write(`${await accountCommand(store.db, action, login, values, readPassword)}\n`)
  } finally {
    await store.close()
  }
}

async function client(action: ClientAction, name: string | undefined, values: Values): Promise<void> {
  const store = await openStoreOf(values)
  try {
    process.stdout.write(`${await clientCommand(store.db, action, name, values)}\n`)
  } finally {
    await store.close()
  }
}

const run = (asked: ReturnType<typeof readOptions>): Promise<void> => {
  switch (asked.command) {
    case 'serve':
      return serve(asked.values)
    case 'seed':
      return seed(asked.values)
    case 'found':
      return found(asked.values)
    case 'city':
      return city(asked.action, asked.values)
    case 'citizens':
      return citizens(asked.file, asked.values)
    case 'account':
      return account(asked.action, asked.login, asked.values)
    case 'client':
      return client(asked.action, asked.name, asked.values)
  }
}

try {
  await run(readOptions(process.argv.slice(2)))
} catch (error) {
  if (error instanceof UsageError || (error instanceof TypeError && 'code' in error)) {
    process.stderr.write(`${error.message}\n\n${usage}`)
    process.exit(2)
  }
  if (error instanceof CommandProblem) {
    process.stderr.write(`${error.message}\n`)
  } else if (error instanceof Fault && error.code === 'data-locked') {
    const { folder, pid } = error.params
    process.stderr.write(`The data folder ${folder} is open in another program (process ${pid}).\n`)
  } else {
    log.fatal({ err: error }, 'the CRM cannot start')
  }
  process.exit(1)
}
