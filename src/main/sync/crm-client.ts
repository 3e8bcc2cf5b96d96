import type { ReadReason } from '#contract/commands/citizen.ts'
import { ask, type CallContext, openLink } from './crm-link.ts'
import type { CrmClient, CrmOptions } from './model.ts'

/** An operator waits for the answer: after this, what the cache knows is all there is. */
const questionMs = 5_000

export function openCrmClient(options: CrmOptions): CrmClient {
  const crm = openLink(options.url)
  const context: CallContext = { authorization: async () => `Bearer ${await options.accessToken()}` }
  const question = <T>(call: (asked: { context: CallContext; signal: AbortSignal }) => Promise<T>) =>
    ask(questionMs, (signal) => call({ context, signal }))

  return {
    me: () => question((asked) => crm.me(undefined, asked)),
    credentials: () => question((asked) => crm.phone.credentials(undefined, asked)),
    registerDevice: (name) => question((asked) => crm.devices.register({ name }, asked)),
    callerContext: (number, contactId) =>
      question((asked) => crm.citizens.context({ number, contactId }, asked)),
    story: (id, reason) => question((asked) => crm.citizens.story({ id, ...reasonQuery(reason) }, asked)),
    contact: (id) => question((asked) => crm.contacts.get({ id }, asked)),
    async search(text) {
      const { citizens } = await question((asked) => crm.citizens.search({ text }, asked))
      return citizens
    },
    async slots({ officeId, ...query }) {
      const office = officeId === null ? {} : { officeId }
      const { slots } = await question((asked) => crm.appointments.slots({ ...query, ...office }, asked))
      return slots
    },
  }
}

const reasonQuery = (reason: ReadReason) =>
  reason.kind === 'search' ? { reasonKind: reason.kind } : { reasonKind: reason.kind, reasonId: reason.id }
