import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'

/**
 * What runs before everything else, in a project folder and with a PATH of its own. CI's own first command proves it with the real npm, from an
 * empty folder; here `npm` is a program that does what the test says.
 */

const root = fileURLToPath(new URL('../..', import.meta.url))
let project: string
let bin: string

beforeEach(() => {
  project = mkdtempSync(join(tmpdir(), 'ascolto-bootstrap-'))
  bin = join(project, 'bin')
  mkdirSync(join(project, 'tools'))
  mkdirSync(bin)
  for (const file of ['tools/bootstrap.mjs', 'tools/system-parts.mjs', 'package-lock.json'])
    copyFileSync(join(root, file), join(project, file))
  symlinkSync('/bin/sh', join(bin, 'sh'))
})
afterEach(() => rmSync(project, { recursive: true, force: true }))

const command = (name: string, does: string) => {
  writeFileSync(join(bin, name), `#!/bin/sh\n${does}\n`)
  chmodSync(join(bin, name), 0o755)
}
const bootstrap = (...args: string[]) =>
  spawnSync(process.execPath, ['tools/bootstrap.mjs', ...args], {
    ...{ cwd: project, encoding: 'utf8', env: { PATH: bin } },
  })
/** An npm that installs this Node for the project and counts how often it is asked. */
const npmInstalls = (version: string) =>
  command(
    'npm',
    `echo "$@" >> npm-calls
/bin/mkdir -p node_modules/.bin
printf '#!/bin/sh\necho ${version}\n' > node_modules/.bin/node
/bin/chmod +x node_modules/.bin/node`,
  )

test('installs the packages once for a lockfile, and again when it has changed', () => {
  npmInstalls('v24.21.0')
  const first = bootstrap()
  expect(first).toMatchObject({ status: 0, stdout: '' })
  expect(first.stderr).toMatch(
    /^Installing packages \(npm ci\).*\nPackages installed in \d+ s; the project's Node is v24\.21\.0\.\n$/,
  )
  expect(bootstrap()).toMatchObject({ status: 0, stderr: '' })
  writeFileSync(join(project, 'package-lock.json'), '{}')
  expect(bootstrap().stderr).toContain('Installing packages')
})

test('says that the packages could not be installed, and tries again the next time', () => {
  command('npm', 'exit 1')
  for (const _ of ['first', 'second'])
    expect(bootstrap()).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('npm ci failed: see above. Is the npm registry reachable?'),
    })
})

test('refuses to go on with another Node than the project’s', () => {
  npmInstalls('v20.20.2')
  expect(bootstrap()).toMatchObject({ status: 1, stderr: expect.stringContaining('Found: v20.20.2.') })
  expect(existsSync(join(project, 'node_modules', '.ascolto-lock'))).toBe(false)
})

test('names what the tests need from the system, and the command to get it, where it may not install it', () => {
  npmInstalls('v24.21.0')
  // No apt-get in this PATH.
  const said = bootstrap('--test')
  expect(said.status).toBe(1)
  expect(said.stderr).toContain('The tests need from the system: chromium (browser tests)')
  expect(said.stderr).toMatch(/On Debian: sudo apt-get install -y --no-install-recommends chromium/)
})

test.runIf(process.getuid?.() === 0)('installs it where it may, and says so when that fails', () => {
  npmInstalls('v24.21.0')
  command('apt-get', `echo "$@" >> apt-calls\n[ "$1" = update ] || [ ! -e apt-fails ]`)
  expect(bootstrap('--test')).toMatchObject({
    status: 0,
    stderr: expect.stringContaining('Installing for the tests: chromium (browser tests)'),
  })
  writeFileSync(join(project, 'apt-fails'), '')
  expect(bootstrap('--test')).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('Could not install. By hand: apt-get install -y'),
  })
})

test.runIf(process.getuid?.() === 0)('installs the browser’s shell where it may, and goes on without', () => {
  npmInstalls('v24.21.0')
  for (const name of ['chromium', 'kamailio', 'rtpengine', 'sipp', 'baresip']) command(name, '')
  command('dpkg-query', 'echo installed chromium')
  command('apt-get', 'echo "$@" >> apt-calls\n[ "$1" = update ]')
  expect(bootstrap('--test')).toMatchObject({
    status: 0,
    stderr: expect.stringContaining('The tests go on without'),
  })
  expect(readFileSync(join(project, 'apt-calls'), 'utf8')).toMatch(/install .* chromium-headless-shell$/m)
  command('chromium-headless-shell', '')
  expect(bootstrap('--test').stderr).toBe('')
})
