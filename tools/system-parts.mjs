import { spawnSync } from 'node:child_process'

// As tools/bootstrap.mjs: only node:* and plain JavaScript, for whatever Node 20 or later the machine has.

/** What the tests need from the system: commands to look for, Debian packages, and what for. The first package holds the command. */
export const systemParts = [
  {
    commands: ['chromium', 'chromium-browser', 'google-chrome'],
    packages: ['chromium'],
    use: 'browser tests',
  },
  {
    commands: ['kamailio'],
    packages: ['kamailio', 'kamailio-websocket-modules', 'kamailio-tls-modules', 'kamailio-autheph-modules'],
    use: 'SIP proxy',
  },
  { commands: ['rtpengine'], packages: ['rtpengine-daemon'], use: 'media relay' },
  { commands: ['sipp'], packages: ['sip-tester'], use: 'SIP scenarios' },
  { commands: ['baresip'], packages: ['baresip-core'], use: 'SIP citizens' },
]

/**
 * The packages that are missing, by part. A command alone does not show that the packages beside its own are there; one that did not
 * come from its package (another browser, a build from source) is taken as it is.
 */
export function missingPackages({ onPath, isInstalled }, parts = systemParts) {
  return parts
    .map(({ commands, packages, use }) => {
      const [own, ...beside] = packages
      if (!commands.some(onPath)) return { packages, use }
      return { packages: isInstalled(own) ? beside.filter((name) => !isInstalled(name)) : [], use }
    })
    .filter(({ packages }) => packages.length > 0)
}

/** Which of the packages Debian's package manager has installed; none where there is no such manager. */
export function debianPackages(names) {
  const { stdout } = spawnSync(
    'dpkg-query',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the format of dpkg-query
    ['--show', '--showformat=${db:Status-Status} ${Package}\\n', ...names],
    { encoding: 'utf8' },
  )
  const installed = (stdout ?? '')
    .split('\n')
    .filter((line) => line.startsWith('installed '))
    .map((line) => line.slice('installed '.length))
  return new Set(installed)
}
