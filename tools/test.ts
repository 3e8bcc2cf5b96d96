import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { constants, setPriority, tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { stripVTControlCharacters } from 'node:util'
import { build } from './build.ts'
import { compileCache } from './compile-cache.ts'
import { installedElectron } from './electron-binary.ts'

/**
 * The whole suite, one part after the other but for the two that fill up each other's time (two cores), with the counts of all at the end.
 * A failed part does not hide the others.
 *
 * Telephones, browsers and killed processes share the cores with whatever else the machine does: in the parts that start them a test that
 * failed is run once more, and one that passed only then is named at the end with why it had failed (docs/decisions/0021).
 */

const root = fileURLToPath(new URL('..', import.meta.url))
const reports = mkdtempSync(join(tmpdir(), 'ascolto-test-'))
/** Databases that several parts begin with: who comes later finds them made (tests/support/store-templates.ts). */
const templates = join(reports, 'templates')
mkdirSync(templates)

/** `failures`: which tests failed, with the first words of why; `unsteady`: which of those that passed had failed before. */
type Counts = { passed: number; failed: number; skipped: string[]; failures: string[]; unsteady: string[] }

type How = {
  env?: NodeJS.ProcessEnv
  /** Gives way to what runs beside it. */
  isPatient?: boolean
  /** Says at its end what it has to say, so that it does not talk into what runs beside it. */
  isQuiet?: boolean
}

async function run(
  command: string,
  args: string[],
  { env = {}, isPatient = false, isQuiet = false }: How = {},
): Promise<boolean> {
  const child = spawn(command, args, {
    cwd: root,
    stdio: ['ignore', isQuiet ? 'pipe' : 'inherit', 'inherit'],
    env: { ...compileCache, ...process.env, ASCOLTO_TEST_TEMPLATES: templates, ...env },
  })
  if (isPatient && child.pid) setPriority(child.pid, constants.priority.PRIORITY_BELOW_NORMAL)
  const said = child.stdout && buffer(child.stdout)
  const [code] = await once(child, 'close').catch(() => [null])
  if (said) process.stdout.write(await said)
  return code === 0
}

async function check(): Promise<Counts> {
  const ok = await run('node', ['tools/check.ts'])
  return { passed: ok ? 1 : 0, failed: ok ? 0 : 1, skipped: [], failures: [], unsteady: [] }
}

const firstWords = (message: string | undefined) =>
  stripVTControlCharacters(message ?? '')
    .trim()
    .slice(0, 600)

/** Null when whoever should have written it ended before. */
function reportIn<Report>(file: string): Report | null {
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Report) : null
}
const broken = (why: string): Counts => ({
  ...{ passed: 0, failed: 1 },
  ...{ skipped: [], failures: [why], unsteady: [] },
})
const withoutReport = broken('it ended without a report')

type VitestReport = {
  numPassedTests: number
  testResults: {
    name: string
    status: string
    message: string
    assertionResults: { status: string; fullName: string; failureMessages?: string[] }[]
  }[]
}

/** A file that could not be loaded fails without a failed test in it. */
const failuresIn = ({ testResults }: VitestReport): string[] =>
  testResults
    .filter(({ status }) => status === 'failed')
    .flatMap(({ name, message, assertionResults }) => {
      const file = relative(root, name)
      const failed = assertionResults.filter(({ status }) => status === 'failed')
      if (failed.length === 0) return [`${file}: ${firstWords(message)}`]
      return failed.map(
        ({ fullName, failureMessages }) =>
          `${file} > ${fullName}: ${firstWords(failureMessages?.join('\n'))}`,
      )
    })

/** Vitest keeps why a test failed the first time when it passed the second. */
const unsteadyIn = ({ testResults }: VitestReport): string[] =>
  testResults.flatMap(({ name, assertionResults }) =>
    assertionResults
      .filter(({ status, failureMessages }) => status === 'passed' && (failureMessages ?? []).length > 0)
      .map(
        ({ fullName, failureMessages }) =>
          `${relative(root, name)} > ${fullName}: ${firstWords(failureMessages?.join('\n'))}`,
      ),
  )

async function vitest(
  project: string,
  { workers = 2, retry = 1, ...how }: How & { workers?: number; retry?: number } = {},
): Promise<Counts> {
  const file = join(reports, `${project}.json`)
  const args = [
    'run',
    '--project',
    project,
    `--maxWorkers=${workers}`,
    `--retry=${retry}`,
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${file}`,
  ]
  const ok = await run('vitest', args, how)
  const report = reportIn<VitestReport>(file)
  if (report === null) return withoutReport
  const tests = report.testResults.flatMap((suite) => suite.assertionResults)
  const skipped = tests
    .filter((test) => ['skipped', 'pending', 'todo'].includes(test.status))
    .map((test) => test.fullName)
  const failures = failuresIn(report)
  const failed = ok ? 0 : Math.max(1, failures.length)
  return { passed: report.numPassedTests, failed, skipped, failures, unsteady: unsteadyIn(report) }
}

type PlaywrightSuite = {
  suites?: PlaywrightSuite[]
  specs: {
    title: string
    tests: {
      projectName: string
      status: string
      results: { error?: { message?: string } }[]
      annotations: { type: string; description?: string }[]
    }[]
  }[]
}
type PlaywrightReport = {
  stats: { expected: number; unexpected: number; flaky: number }
  suites: PlaywrightSuite[]
}

const skippedIn = (suite: PlaywrightSuite): string[] => [
  ...suite.specs.flatMap(({ title, tests }) =>
    tests
      .filter(({ status }) => status === 'skipped')
      .map(({ projectName, annotations }) => {
        const why = annotations.find(({ type }) => type === 'skip')?.description ?? 'no reason given'
        return `[${projectName}] ${title}: ${why}`
      }),
  ),
  ...(suite.suites ?? []).flatMap(skippedIn),
]

const endedIn = (suite: PlaywrightSuite, wanted: 'unexpected' | 'flaky'): string[] => [
  ...suite.specs.flatMap(({ title, tests }) =>
    tests
      .filter(({ status }) => status === wanted)
      .map(
        ({ projectName, results }) =>
          `[${projectName}] ${title}: ${firstWords(results.find(({ error }) => error)?.error?.message)}`,
      ),
  ),
  ...(suite.suites ?? []).flatMap((inner) => endedIn(inner, wanted)),
]

async function playwright(): Promise<Counts> {
  const file = join(reports, 'e2e.json')
  const env = { PLAYWRIGHT_JSON_OUTPUT_FILE: file }
  const ok = await run('playwright', ['test', '--retries=1', '--reporter=list,json'], { env })
  const report = reportIn<PlaywrightReport>(file)
  if (report === null) return withoutReport
  const { stats, suites } = report
  return {
    passed: stats.expected + stats.flaky,
    failed: ok ? 0 : Math.max(1, stats.unexpected),
    skipped: suites.flatMap(skippedIn),
    failures: suites.flatMap((suite) => endedIn(suite, 'unexpected')),
    unsteady: suites.flatMap((suite) => endedIn(suite, 'flaky')),
  }
}

/** Once for all parts, which find it made. */
async function buildOnce(): Promise<Counts> {
  try {
    await build(console.log)
    return { passed: 1, failed: 0, skipped: [], failures: [], unsteady: [] }
  } catch (error) {
    return broken(error instanceof Error ? error.message : String(error))
  }
}

type Part = { name: string; run: () => Promise<Counts> }

/** Those of one line at once. */
const parts: Part[][] = [
  [
    { name: 'check', run: check },
    { name: 'build', run: buildOnce },
  ],
  [{ name: 'unit', run: () => vitest('unit', { retry: 0 }) }],
  // A system test computes, a telephone call mostly waits, and is heard late where it does not get the processor at once.
  [
    { name: 'system', run: () => vitest('system', { workers: 3, isPatient: true }) },
    { name: 'telephony', run: () => vitest('telephony', { workers: 4, isQuiet: true }) },
  ],
  [{ name: 'e2e', run: playwright }],
]

const began = performance.now()
const total: Counts = { passed: 0, failed: 0, skipped: [], failures: [], unsteady: [] }
const lines: string[] = []
for (const together of parts) {
  const start = performance.now()
  const ends = together.map(async ({ name, run }) => {
    const counts = await run()
    return { name, counts, seconds: Math.round((performance.now() - start) / 1000) }
  })
  for (const { name, counts, seconds } of await Promise.all(ends)) {
    total.passed += counts.passed
    total.failed += counts.failed
    total.skipped.push(...counts.skipped.map((test) => `${name}: ${test}`))
    total.failures.push(...counts.failures.map((test) => `${name}: ${test}`))
    total.unsteady.push(...counts.unsteady.map((test) => `${name}: ${test}`))
    lines.push(
      `${counts.failed === 0 ? '✓' : '✗'} ${name.padEnd(10)} ${counts.passed} passed, ${counts.failed} failed, ${seconds} s`,
    )
  }
}
rmSync(reports, { recursive: true })

console.log(`\n${lines.join('\n')}`)
for (const test of total.skipped) console.log(`skipped: ${test}`)
for (const test of total.unsteady) console.log(`passed the second time only: ${test}`)
for (const test of total.failures) console.log(`failed: ${test}`)
console.log(`all in ${Math.round((performance.now() - began) / 1000)} s`)
// In CI nothing may be skipped but what needs an Electron binary.
const needsElectron = (test: string) =>
  installedElectron() === null && /^system: the desk in the real Electron|^e2e: \[electron\]/.test(test)
const forbidden = process.env.CI ? total.skipped.filter((test) => !needsElectron(test)).length : 0
if (forbidden > 0) console.log(`${forbidden} skipped in CI: that counts as failed`)
console.log(
  `${total.passed} passed (${total.unsteady.length} the second time only), ${total.failed + forbidden} failed`,
)
process.exitCode = total.failed + forbidden === 0 ? 0 : 1
