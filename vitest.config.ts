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
const storeTemplates = ['tests/support/store-templates.ts']

export default defineConfig({
  test: {
    reporters: ['default'],
    passWithNoTests: false,
    projects: [
      project('unit', ['src/**/*.test.ts', 'src/**/*.test.tsx', 'tools/**/*.test.ts'], 15_000),
      project('system', ['tests/system/**/*.test.ts'], 60_000, storeTemplates),
      project('telephony', ['tests/telephony/**/*.test.ts'], 60_000, storeTemplates),
      project('faults', ['tests/faults/**/*.test.ts'], 600_000, storeTemplates),
    ],
  },
})
