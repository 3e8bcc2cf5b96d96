import { execFileSync } from 'node:child_process'
import { beforeAll, describe, test } from 'vitest'
import { electronBinary, realDesk } from '../support/electron-real.ts'
import { electronContract } from './electron-contract.ts'

const binary = electronBinary()

if (binary === null) {
  test.skip('the desk in the real Electron: its binary is not installed (node node_modules/electron/install.js)', () => {})
} else {
  describe('the desk in the real Electron', () => {
    beforeAll(() => {
      execFileSync('node_modules/.bin/electron-vite', ['build', '--logLevel', 'warn'])
    })
    electronContract(() => realDesk(binary))
  })
}
