import { describe, expect, it } from 'vitest'
import { debianPackages, missingPackages, systemParts } from './system-parts.mjs'

const kamailio = systemParts.find(({ commands }) => commands.includes('kamailio'))
const [own = '', ...modules] = kamailio?.packages ?? []
const machine = (commands: string[], packages: string[]) => ({
  onPath: (command: string) => commands.includes(command),
  isInstalled: (name: string) => packages.includes(name),
})
const commands = ['chromium', 'kamailio', 'rtpengine', 'sipp', 'baresip']
const all = systemParts.flatMap(({ packages }) => packages)

describe('what the tests need from the system', () => {
  it('is nothing where everything is there', () => {
    expect(missingPackages(machine(commands, all))).toEqual([])
  })

  it('is every package of a command that is not there', () => {
    expect(missingPackages(machine(commands.slice(1), all.slice(1)))).toEqual([
      { packages: ['chromium'], use: 'browser tests' },
    ])
    expect(missingPackages(machine([], [])).flatMap(({ packages }) => packages)).toEqual(all)
  })

  it.each(modules)('is %s where the command came from its package without it', (module) => {
    const packages = all.filter((name) => name !== module)
    expect(missingPackages(machine(commands, packages))).toEqual([{ packages: [module], use: 'SIP proxy' }])
  })

  it('is nothing beside a command that did not come from its package', () => {
    const packages = all.filter((name) => name !== own && !modules.includes(name) && name !== 'chromium')
    expect(missingPackages(machine(commands.with(0, 'google-chrome'), packages))).toEqual([])
  })

  it('asks the package manager of this machine, or finds none', () => {
    expect(debianPackages(['ascolto-no-such-package'])).toEqual(new Set())
    const some = debianPackages(['base-files', 'ascolto-no-such-package'])
    expect([...some].every((name) => name === 'base-files')).toBe(true)
  })
})
