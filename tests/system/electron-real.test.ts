import { execFileSync } from 'node:child_process'
import { beforeAll, describe, test } from 'vitest'
import { electronMissing, installedElectron } from '../../tools/electron-binary.ts'
import { realDesk } from '../support/electron-real.ts'
import { electronContract } from './electron-contract.ts'

const binary = installedElectron()

if (binary === null) {
  test.skip(`the desk in the real Electron: ${electronMissing}`, () => {})
} else {
  describe('the desk in the real Electron', () => {
    beforeAll(() => {
      execFileSync('node_modules/.bin/electron-vite', ['build', '--logLevel', 'warn'])
    })
    electronContract(() => realDesk(binary))
  })
}
