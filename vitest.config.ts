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
/**
 * Nothing of these is mocked, no page is drawn, and what a file starts it ends: Node loads and strips them itself, and the files that a
 * process runs one after the other share what they import. A third less processor time than each file in a process of its own.
 */
const outsidePage = (name: string, timeout: number, first: string[] = []) => {
  const { test } = project(name, [`tests/${name}/**/*.test.ts`], timeout, [
    ...first,
    'tests/support/built-programs.ts',
    'tests/support/store-templates.ts',
  ])
  return {
    test: {
      ...test,
      expect: { poll: { timeout: 30_000 } },
      isolate: false,
      experimental: { viteModuleRunner: false },
    },
  }
}

const inMemory = ['tests/support/folders-in-memory.ts']

export default defineConfig({
  test: {
    reporters: ['default'],
    passWithNoTests: false,
    projects: [
      project('unit', ['src/**/*.test.ts', 'src/**/*.test.tsx', 'tools/**/*.test.ts'], 15_000),
      outsidePage('system', 120_000, inMemory),
      outsidePage('telephony', 120_000, inMemory),
      // On a disk, as what they kill writes to one.
      outsidePage('faults', 600_000),
    ],
  },
})
