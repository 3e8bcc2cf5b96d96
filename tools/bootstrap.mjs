// Runs before everything else, on whatever Node 20 or later the machine has: only node:* here, and plain JavaScript.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { debianPackages, missingPackages, systemParts } from './system-parts.mjs'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const windows = process.platform === 'win32'

function fail(line) {
  console.error(line)
  process.exit(1)
}

function run(command, args, options = {}) {
  return spawnSync(command, args, {
    cwd: root,
    stdio: ['ignore', process.stderr, process.stderr],
    shell: windows,
    ...options,
  })
}

const folders = (process.env.PATH ?? '')
  .split(windows ? ';' : ':')
  .concat(windows ? [] : ['/usr/sbin', '/sbin'])
const onPath = (command) =>
  folders.some((folder) => existsSync(join(folder, windows ? `${command}.exe` : command)))

function installPackages() {
  const mark = join(root, 'node_modules', '.ascolto-lock')
  const wanted = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex')
  if (existsSync(mark) && readFileSync(mark, 'utf8') === wanted) return
  console.error('Installing packages (npm ci); the first time takes about a minute.')
  const began = Date.now()
  if (run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error']).status !== 0) {
    fail('npm ci failed: see above. Is the npm registry reachable?')
  }
  const node = join(root, 'node_modules', '.bin', windows ? 'node.cmd' : 'node')
  const version = spawnSync(node, ['-v'], { encoding: 'utf8', shell: windows }).stdout?.trim() ?? ''
  if (Number(/^v(\d+)\./.exec(version)?.[1] ?? 0) < 24) {
    fail(
      `The project's own Node (24) did not install: the package "node" has an install script, which --ignore-scripts forbids. Found: ${version || 'none'}.`,
    )
  }
  writeFileSync(mark, wanted)
  console.error(
    `Packages installed in ${Math.round((Date.now() - began) / 1000)} s; the project's Node is ${version}.`,
  )
}

const mayInstall = () => process.getuid?.() === 0 && onPath('apt-get')
const install = (packages) => ['install', '-y', '--no-install-recommends', ...packages]

/** Whether it went well. */
function aptInstalls(packages, what) {
  console.error(`Installing for the tests: ${what}.`)
  const quiet = {
    stdio: ['ignore', 'ignore', process.stderr],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  }
  run('apt-get', ['update', '-qq'], quiet)
  return run('apt-get', ['-qq', ...install(packages)], quiet).status === 0
}

function installSystemParts() {
  const installed = debianPackages(systemParts.flatMap((part) => part.packages))
  const missing = missingPackages({ onPath, isInstalled: (name) => installed.has(name) })
  if (missing.length === 0) return
  const packages = missing.flatMap((part) => part.packages)
  const names = missing.map((part) => `${part.packages[0]} (${part.use})`).join(', ')
  if (!mayInstall()) {
    fail(`The tests need from the system: ${names}.\nOn Debian: sudo apt-get ${install(packages).join(' ')}`)
  }
  if (!aptInstalls(packages, names))
    fail(`Could not install. By hand: apt-get ${install(packages).join(' ')}`)
}

/** With it the tests need less of the processor, and they run without it. It is of the version of the package that has the browser. */
function installShell() {
  if (!mayInstall() || onPath('chromium-headless-shell') || !debianPackages(['chromium']).has('chromium'))
    return
  if (!aptInstalls(['chromium', 'chromium-headless-shell'], 'chromium-headless-shell'))
    console.error('Could not install it. The tests go on without, and take longer.')
}

installPackages()
if (process.argv.includes('--test')) {
  installSystemParts()
  installShell()
}
