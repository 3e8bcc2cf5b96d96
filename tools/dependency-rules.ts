import { fileURLToPath } from 'node:url'
import {
  cruise,
  type ICruiseResult,
  type IFlattenedRuleSet,
  type IForbiddenRuleType,
} from 'dependency-cruiser'
import extractTSConfig from 'dependency-cruiser/config-utl/extract-ts-config'

/** Who may import whom: the directions of the house, checked by `npm run check`, each breached on purpose in the test beside this. */

const tests = '\\.test\\.tsx?$'

const never = (name: string, from: string, to: string): IForbiddenRuleType => ({
  name,
  severity: 'error',
  from: { path: from, pathNot: tests },
  to: { path: to },
})

const only = (name: string, packages: string, allowed: string): IForbiddenRuleType => ({
  name,
  severity: 'error',
  from: { path: '^src/', pathNot: [tests, allowed] },
  to: { path: `(^|node_modules/)(${packages})(/|$)` },
})

/** Others come in by the door; the module's own files are free. */
const door = (module: string): IForbiddenRuleType => ({
  name: `door-of-${module}`,
  severity: 'error',
  from: { path: '^src/', pathNot: [`^src/main/${module}/`, tests] },
  to: { path: `^src/main/${module}/`, pathNot: `^src/main/${module}/${module}\\.ts$` },
})

const forbidden: IForbiddenRuleType[] = [
  { name: 'no-cycles', severity: 'error', from: { path: '^src/' }, to: { circular: true } },
  {
    name: 'contract-is-pure',
    severity: 'error',
    from: { path: '^src/contract/', pathNot: tests },
    to: {
      pathNot: [
        '^src/contract/',
        '(^|node_modules/)(zod|@orpc/contract|uuid|temporal-polyfill|libphonenumber-js|@marketto/[a-z-]+)(/|$)',
      ],
    },
  },
  never('cache-knows-no-phone', '^src/main/cache/', '^src/main/(phone|sync|host|electron|loopback)/'),
  never('phone-knows-no-cache', '^src/main/phone/', '^src/main/(cache|sync|host|electron|loopback)/'),
  never('sync-knows-no-host', '^src/main/sync/', '^src/main/(phone|host|electron|loopback)/'),
  never('host-knows-no-shell', '^src/main/host/', '^src/main/(electron|loopback)/'),
  never('electron-knows-no-loopback', '^src/main/electron/', '^src/main/loopback/'),
  never('loopback-knows-no-electron', '^src/main/loopback/', '^src/main/electron/'),
  never('main-knows-contract-only', '^src/main/', '^src/(renderer|crm|practice|preload)/'),
  never('renderer-knows-contract-only', '^src/renderer/', '^src/(main|crm|practice|preload)/'),
  never('crm-knows-contract-only', '^src/crm/', '^src/(main|renderer|practice|preload)/'),
  never('practice-knows-contract-only', '^src/practice/', '^src/(main|renderer|crm|preload)/'),
  never('preload-knows-nobody', '^src/preload/', '^src/(main|renderer|crm|practice|contract/(?!port\\.ts))'),
  {
    name: 'features-apart',
    severity: 'error',
    from: { path: '^src/renderer/src/features/([^/]+)/', pathNot: tests },
    to: { path: '^src/renderer/src/features/', pathNot: '^src/renderer/src/features/$1/' },
  },
  never(
    'parts-below-features',
    '^src/renderer/src/(ui|i18n|host|media)/',
    '^src/renderer/src/(features|app)/',
  ),
  never('features-below-app', '^src/renderer/src/features/', '^src/renderer/src/app/'),
  {
    name: 'page-has-no-node',
    severity: 'error',
    from: { path: '^src/renderer/', pathNot: tests },
    to: { dependencyTypes: ['core'] },
  },
  only('electron-in-its-shell', 'electron', '^src/(main/index\\.ts|main/electron/|preload/)'),
  only('sqlite-in-cache', 'better-sqlite3', '^src/main/cache/'),
  only('sip-in-phone-and-practice', 'sip\\.js', '^src/(main/phone|practice)/'),
  only('werift-in-practice', 'werift', '^src/practice/'),
  only('postgres-in-crm', 'pg|kysely|@electric-sql/pglite', '^src/crm/'),
  only('react-in-renderer', 'react|react-dom|react-aria-components', '^src/renderer/'),
  door('cache'),
  door('phone'),
  door('sync'),
  door('host'),
]

export const dependencyRules: IFlattenedRuleSet = { forbidden }

export type Breach = { rule: string; from: string; to: string }

/** Reads `src` below a folder. `modules` is 0 when nothing was read: then nothing was checked either. */
export async function breachesIn(baseDir: string): Promise<{ breaches: Breach[]; modules: number }> {
  const result = await cruise(
    ['src'],
    {
      baseDir,
      ruleSet: dependencyRules,
      validate: true,
      tsPreCompilationDeps: true,
      doNotFollow: { path: 'node_modules' },
    },
    { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] } as never,
    { tsConfig: extractTSConfig(fileURLToPath(new URL('../tsconfig.json', import.meta.url))) },
  )
  const { violations, totalCruised } = (result.output as ICruiseResult).summary
  return {
    modules: totalCruised,
    breaches: violations.map(({ rule, from, to }) => ({ rule: rule.name, from, to })),
  }
}
