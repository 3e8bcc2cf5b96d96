import { defineConfig } from 'vitest/config'

const project = (name: string, include: string[], timeout: number) => ({
  test: { name, include, testTimeout: timeout, hookTimeout: timeout * 2, environment: 'node' as const },
})

export default defineConfig({
  test: {
    reporters: process.env.CI ? ['default'] : ['default'],
    passWithNoTests: false,
    projects: [
      project('unit', ['src/**/*.test.ts', 'src/**/*.test.tsx', 'tools/**/*.test.ts'], 15_000),
      project('system', ['tests/system/**/*.test.ts'], 60_000),
      project('telephony', ['tests/telephony/**/*.test.ts'], 60_000),
      project('faults', ['tests/faults/**/*.test.ts'], 600_000),
    ],
  },
})
