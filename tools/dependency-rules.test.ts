import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { breachesIn, dependencyRules } from './dependency-rules.ts'

/** One planted breach a rule: the file that breaks it and what it imports. */
const planted: Record<string, [from: string, to: string]> = {
  'no-cycles': ['src/crm/a.ts', 'src/crm/b.ts'],
  'contract-is-pure': ['src/contract/a.ts', 'node:fs'],
  'cache-knows-no-phone': ['src/main/cache/cache.ts', 'src/main/phone/phone.ts'],
  'phone-knows-no-cache': ['src/main/phone/phone.ts', 'src/main/cache/cache.ts'],
  'sync-knows-no-host': ['src/main/sync/sync.ts', 'src/main/host/host.ts'],
  'host-knows-no-shell': ['src/main/host/host.ts', 'src/main/loopback/b.ts'],
  'electron-knows-no-loopback': ['src/main/electron/a.ts', 'src/main/loopback/b.ts'],
  'loopback-knows-no-electron': ['src/main/loopback/a.ts', 'src/main/electron/b.ts'],
  'main-knows-contract-only': ['src/main/host/host.ts', 'src/crm/b.ts'],
  'renderer-knows-contract-only': ['src/renderer/src/app/a.ts', 'src/main/host/host.ts'],
  'crm-knows-contract-only': ['src/crm/a.ts', 'src/main/sync/sync.ts'],
  'practice-knows-contract-only': ['src/practice/a.ts', 'src/crm/b.ts'],
  'preload-knows-nobody': ['src/preload/index.ts', 'src/main/host/host.ts'],
  'features-apart': ['src/renderer/src/features/note/a.ts', 'src/renderer/src/features/booking/b.ts'],
  'parts-below-features': ['src/renderer/src/ui/a.ts', 'src/renderer/src/features/note/b.ts'],
  'features-below-app': ['src/renderer/src/features/note/a.ts', 'src/renderer/src/app/b.ts'],
  'page-has-no-node': ['src/renderer/src/app/a.ts', 'node:fs'],
  'electron-in-its-shell': ['src/main/host/host.ts', 'electron'],
  'sqlite-in-cache': ['src/main/host/host.ts', 'better-sqlite3'],
  'sip-in-phone-and-practice': ['src/main/host/host.ts', 'sip.js'],
  'werift-in-practice': ['src/main/phone/phone.ts', 'werift'],
  'postgres-in-crm': ['src/main/host/host.ts', 'kysely'],
  'react-in-renderer': ['src/main/host/host.ts', 'react'],
  'door-of-cache': ['src/main/host/host.ts', 'src/main/cache/inside.ts'],
  'door-of-phone': ['src/main/host/host.ts', 'src/main/phone/inside.ts'],
  'door-of-sync': ['src/main/host/host.ts', 'src/main/sync/inside.ts'],
  'door-of-host': ['src/main/loopback/a.ts', 'src/main/host/inside.ts'],
}

const folders: string[] = []
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true })
})

function plant(files: Record<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), 'ascolto-rules-'))
  folders.push(folder)
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  return folder
}

const up = (path: string) => '../'.repeat(path.split('/').length - 1)

it('has a planted breach for every rule', () => {
  expect(Object.keys(planted).sort()).toEqual(dependencyRules.forbidden?.map((rule) => rule.name).sort())
})

it.each(Object.entries(planted))('%s is caught, also behind a type import', async (rule, [from, to]) => {
  const ours = to.startsWith('src/')
  const specifier = ours ? up(from) + to : to
  for (const line of [`import '${specifier}'`, `import type { T } from '${specifier}'\nexport type U = T`]) {
    const back = rule === 'no-cycles' ? `import './a.ts'\n` : ''
    const files: Record<string, string> = { 'package.json': '{"type":"module"}', [from]: `${line}\n` }
    if (ours) files[to] = `${back}export type T = 1\n`
    else if (!to.startsWith('node:')) {
      files[`node_modules/${to}/package.json`] = `{"name":"${to}","version":"1.0.0","main":"index.js"}`
      files[`node_modules/${to}/index.js`] = 'export {}\n'
    }
    const { breaches } = await breachesIn(plant(files))
    expect(breaches.map((breach) => breach.rule)).toContain(rule)
  }
})

it('says nothing about what is allowed', async () => {
  const { breaches, modules } = await breachesIn(
    plant({
      'package.json': '{"type":"module"}',
      'src/contract/a.ts': 'export {}\n',
      'src/main/cache/cache.ts': `import '../../contract/a.ts'\nimport 'node:fs'\n`,
      'src/main/sync/sync.ts': `import '../cache/cache.ts'\n`,
      'src/main/host/host.ts': `import '../sync/sync.ts'\nimport '../phone/phone.ts'\n`,
      'src/main/phone/phone.ts': `import './inside.ts'\n`,
      'src/main/phone/inside.ts': 'export {}\n',
    }),
  )
  expect(breaches).toEqual([])
  expect(modules).toBeGreaterThan(5)
})
