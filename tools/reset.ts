import { existsSync, rmSync } from 'node:fs'
import { createInterface } from 'node:readline/promises'
import { claimAllOfIt, dataFolder, isDataFolderInUse } from './data-folder.ts'

/** Empties the data folder: the practice city, the desk's cache and outbox, the seals. What no CRM has yet is lost, so it asks. */

if (!existsSync(dataFolder)) {
  console.log('Nothing to reset.')
  process.exit(0)
}
if (await isDataFolderInUse()) {
  console.error('Ascolto is running on this data folder. End it first (Ctrl-C), then reset.')
  process.exit(1)
}
const sure = process.argv.includes('--yes') || (process.stdin.isTTY && (await ask()))
if (!sure) {
  console.error('Nothing was removed. Say yes, or run: npm run reset -- --yes')
  process.exit(1)
}
const holder = await claimAllOfIt()
if (holder !== null) {
  console.error(`${holder} is running on this data folder. Nothing was removed: end it first, then reset.`)
  process.exit(1)
}
rmSync(dataFolder, { recursive: true })
console.log(`Emptied ${dataFolder}`)
// The locks went with the folder; nothing is left that would keep them.
process.exit(0)

async function ask(): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout })
  const answer = await terminal.question(
    `Remove ${dataFolder}, with whatever a desk has not yet sent to its CRM? Type yes: `,
  )
  terminal.close()
  return answer.trim().toLowerCase() === 'yes'
}
