import { randomInt } from 'node:crypto'

/** Without the letters and digits that are mistaken for others when they are read out or written down. */
const alphabet = 'ACDEFHJKLMNPQRTUVWXY34679'
const tries = 20

/** `K7-4MQ`. */
const newCode = (): string => {
  const signs = Array.from({ length: 5 }, () => alphabet.charAt(randomInt(alphabet.length)))
  return `${signs.slice(0, 2).join('')}-${signs.slice(2).join('')}`
}

/** Several, to be tried in turn: of nearly ten million some are taken. */
export const newCodes = (): string[] => Array.from({ length: tries }, newCode)
