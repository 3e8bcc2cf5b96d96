import { randomInt } from 'node:crypto'
import { codeSigns } from '#contract/domain/appointment-code.ts'

const tries = 20

/** `K7-4MQ`. */
const newCode = (): string => {
  const signs = Array.from({ length: 5 }, () => codeSigns.charAt(randomInt(codeSigns.length)))
  return `${signs.slice(0, 2).join('')}-${signs.slice(2).join('')}`
}

/** Several, to be tried in turn: of nearly ten million some are taken. */
export const newCodes = (): string[] => Array.from({ length: tries }, newCode)
