import { defineConfig } from 'vitest/config'

const project = (name: string, include: string[], timeout: number, globalSetup: string[] = []) => ({
  test: {
    name,
    include,
    globalSetup,
    testTimeout: timeout,
    hookTimeout: timeout * 2,
    environment: 'node' as const,
  },
})
/** Nothing of these is mocked and no page is drawn: Node loads and strips them itself, in a tenth less time. */
const outsidePage = (name: string, timeout: number) => {
  const { test } = project(name, [`tests/${name}/**/*.test.ts`], timeout, [
    'tests/support/store-templates.ts',
  ])
  return { test: { ...test, experimental: { viteModuleRunner: false } } }
}

export default defineConfig({
  test: {
    reporters: ['default'],
    passWithNoTests: false,
    projects: [
      project('unit', ['src/**/*.test.ts', 'src/**/*.test.tsx', 'tools/**/*.test.ts'], 15_000),
      outsidePage('system', 60_000),
      outsidePage('telephony', 60_000),
      outsidePage('faults', 600_000),
    ],
  },
})
