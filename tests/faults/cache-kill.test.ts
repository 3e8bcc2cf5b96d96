import { expect, it } from 'vitest'
import { killDesk } from '../support/kill-desk.ts'

it('loses nothing that was accepted or saved when the desk is killed, 200 times', {
  timeout: 900_000,
}, async () => {
  const { accepted, saved, reopenMs } = await killDesk(200)
  console.log(
    `${accepted} commands and ${saved} drafts acknowledged, reopened in at most ${reopenMs.toFixed(0)} ms`,
  )
  expect(accepted).toBeGreaterThan(1000)
})
