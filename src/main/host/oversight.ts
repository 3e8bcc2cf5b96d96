import { fullName } from '#contract/domain/citizen.ts'
import type { Parts } from './parts.ts'
import { desk, done } from './rpc.ts'

/** Questions for the CRM, which alone knows who may ask them; nothing of their answers stays here. */
export function oversightService({ cache, client: { oversight } }: Pick<Parts, 'cache' | 'client'>) {
  return {
    person: desk.oversight.person.handler(async ({ input: { citizenId } }) => {
      const [reads, holds] = await Promise.all([oversight.reads(citizenId), oversight.holds()])
      const known = cache.story(citizenId)?.citizen
      return {
        name: known ? fullName(known) : null,
        reads,
        hold: holds.find((hold) => hold.citizenId === citizenId) ?? null,
      }
    }),
    report: desk.oversight.report.handler(async ({ input: { citizenId, language } }) => ({
      text: await oversight.readsReport(citizenId, language),
    })),
    setHold: desk.oversight.setHold.handler(({ input: { citizenId, reason } }) =>
      oversight.hold(citizenId, reason),
    ),
    endHold: desk.oversight.endHold.handler(async ({ input: { citizenId } }) => {
      await oversight.release(citizenId)
      return done
    }),
    devices: desk.oversight.devices.handler(async () => ({ devices: await oversight.devices() })),
    wipe: desk.oversight.wipe.handler(({ input: { deviceId, mode } }) => oversight.wipe(deviceId, mode)),
    statistics: desk.oversight.statistics.handler(async ({ input }) => ({
      counts: await oversight.statistics(input),
    })),
  }
}
