import { mostAfter, type Seen } from '#contract/commands/appointment.ts'
import type { Appointment } from '#contract/domain/appointment.ts'
import type { Id } from '#contract/domain/ids.ts'
import type { Cache } from '../cache/cache.ts'
import type { CrmClient } from '../sync/sync.ts'

type Heard = Pick<Appointment, 'version' | 'sequence'>

/** Of so many that only the CRM knows. */
const mostHeard = 1000

/** How appointments stood when this desk saw them last, in its rows or in an answer of the CRM: upon that its commands are given. */
export class SeenVisits {
  readonly #cache: Cache
  readonly #heard = new Map<Id, Heard>()

  constructor(cache: Cache) {
    this.#cache = cache
  }

  /** The client, with what it answers of appointments noted. */
  listening(client: CrmClient): CrmClient {
    return {
      ...client,
      callerContext: async (...asked) => this.#note(await client.callerContext(...asked)),
      story: async (...asked) => this.#note(await client.story(...asked)),
      appointmentByCode: async (code) => {
        const appointment = await client.appointmentByCode(code)
        this.#note({ appointments: appointment ? [appointment] : [] })
        return appointment
      },
    }
  }

  /** Undefined for one of which nothing is known here. */
  of(appointmentId: Id): Seen {
    const [row, heard] = [this.#cache.appointment(appointmentId), this.#heard.get(appointmentId)]
    const seen = row && (!heard || row.version >= heard.version) ? row : heard
    if (!seen) return undefined
    const after = this.#cache.entries(null).flatMap(({ commandId, request, state }) => {
      const waits = state !== 'refused' && state !== 'failed'
      return waits && 'appointmentId' in request.args && request.args.appointmentId === appointmentId
        ? [commandId]
        : []
    })
    return { sequence: seen.sequence, after: after.slice(-mostAfter) }
  }

  #note<Answer extends { appointments: readonly Appointment[] }>(answer: Answer): Answer {
    for (const { id, version, sequence } of answer.appointments) {
      this.#heard.delete(id)
      this.#heard.set(id, { version, sequence })
    }
    for (const id of this.#heard.keys()) {
      if (this.#heard.size <= mostHeard) break
      this.#heard.delete(id)
    }
    return answer
  }
}
