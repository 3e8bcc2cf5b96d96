import type { ReadReason } from '#contract/commands/citizen.ts'
import { aheadOf, byOwnClock } from './crm-clock.ts'
import { ask, type CallContext, openLink } from './crm-link.ts'
import type { CrmClient, CrmOptions } from './model.ts'

/** An operator waits for the answer: after this, what the cache knows is all there is. */
const questionMs = 5_000
/** A file of ten megabytes over a slow line, and a scanner that reads it. */
const fileMs = 60_000
/** A mass cancellation answers within twenty seconds, and goes on by itself. */
const closingMs = 30_000

export function openCrmClient(options: CrmOptions & { now(): Date }): CrmClient {
  const crm = openLink(options.url)
  const context: CallContext = { authorization: async () => `Bearer ${await options.accessToken()}` }
  const question = <T>(call: (asked: { context: CallContext; signal: AbortSignal }) => Promise<T>) =>
    ask(questionMs, (signal) => call({ context, signal }))
  /** The CRM says by its own clock until when; the operator's countdown runs by this one. */
  const kept = async <T extends { heldUntil: string }>(
    call: (asked: { context: CallContext; signal: AbortSignal }) => Promise<T>,
  ): Promise<T> => {
    const now = () => options.now().getTime()
    const asked = now()
    let ahead = 0
    const heard = (date: string | null) => {
      ahead = aheadOf(date, asked, now())
    }
    const answer = await ask(questionMs, (signal) => call({ context: { ...context, heard }, signal }))
    return { ...answer, heldUntil: byOwnClock(answer.heldUntil, ahead) }
  }

  const closing = <T>(call: (asked: { context: CallContext; signal: AbortSignal }) => Promise<T>) =>
    ask(closingMs, (signal) => call({ context, signal }))

  return {
    me: () => question((asked) => crm.me(undefined, asked)),
    credentials: () => question((asked) => crm.phone.credentials(undefined, asked)),
    registerDevice: (name) => question((asked) => crm.devices.register({ name }, asked)),
    callerContext: (number, contactId) =>
      question((asked) => crm.citizens.context({ number, contactId }, asked)),
    story: (id, reason) => question((asked) => crm.citizens.story({ id, ...reasonQuery(reason) }, asked)),
    contact: (id) => question((asked) => crm.contacts.get({ id }, asked)),
    search: (text) => question((asked) => crm.citizens.search({ text }, asked)),
    async alike(entered) {
      const { alike } = await question((asked) => crm.citizens.alike(entered, asked))
      return alike
    },
    async toCompare(after) {
      const page = after === null ? {} : { after }
      const { pairs } = await question((asked) => crm.citizens.toCompare(page, asked))
      return pairs
    },
    async merges(id) {
      const { merges } = await question((asked) => crm.citizens.merges({ id }, asked))
      return merges
    },
    async optOuts(id) {
      const { channels } = await question((asked) => crm.messages.optOuts({ id }, asked))
      return channels
    },
    async setOptOuts(id, wanted) {
      const { channels } = await question((asked) =>
        crm.messages.setOptOuts({ id, channels: [...wanted] }, asked),
      )
      return channels
    },
    async nextFree({ officeIds, after, near, recoveryOf, ...query }) {
      const where = {
        ...(officeIds && { officeIds }),
        ...(after && { from: after }),
        ...(near && { near }),
        ...(recoveryOf && { recoveryOf }),
      }
      const { offers } = await question((asked) => crm.agenda.nextFree({ ...query, ...where }, asked))
      return offers.map(withSlots)
    },
    async week({ recoveryOf, ...query }) {
      const whose = recoveryOf ? { recoveryOf } : {}
      const { slots } = await question((asked) => crm.agenda.week({ ...query, ...whose }, asked))
      return slots.map(withSlots)
    },
    hold: (visit) => kept((asked) => crm.appointments.hold(visit, asked)),
    renewHold: (id) => kept((asked) => crm.appointments.renewHold({ id }, asked)),
    async releaseHold(id) {
      await question((asked) => crm.appointments.releaseHold({ id }, asked))
    },
    async recovery(id) {
      const { recovery } = await question((asked) => crm.agenda.recovery({ id }, asked))
      return recovery
    },
    async appointmentByCode(code) {
      const { appointment } = await question((asked) => crm.appointments.byCode({ code }, asked))
      return appointment
    },
    async messages(id) {
      const { messages } = await question((asked) => crm.appointments.messages({ id }, asked))
      return messages
    },
    async sendAgain(id, message) {
      const { messages } = await question((asked) => crm.appointments.sendAgain({ id, ...message }, asked))
      return messages
    },
    async calendarFile(id, language) {
      const file = await question((asked) => crm.appointments.calendarFile({ id, language }, asked))
      return file.text()
    },
    async ticketByProtocol(protocol) {
      const { ticket } = await question((asked) => crm.tickets.byProtocol({ protocol }, asked))
      return ticket
    },
    async ticket(id) {
      const { ticket, entries } = await question((asked) => crm.tickets.get({ id }, asked))
      return { ticket, entries }
    },
    async present(id, writing) {
      const { others } = await question((asked) => crm.tickets.present({ id, writing }, asked))
      return others
    },
    async leave(id) {
      await question((asked) => crm.tickets.leave({ id }, asked))
    },
    async members(team) {
      const { members } = await question((asked) => crm.tickets.members({ team }, asked))
      return members
    },
    attach: (ticketId, id, file) =>
      ask(fileMs, (signal) => crm.tickets.attach({ ticketId, id, file }, { context, signal })),
    async attachment(ticketId, id) {
      const file = await ask(fileMs, (signal) =>
        crm.tickets.attachment({ ticketId, id }, { context, signal }),
      )
      return Buffer.from(await file.arrayBuffer())
    },
    oversight: {
      async reads(id) {
        const { reads } = await question((asked) => crm.citizens.reads({ id }, asked))
        return reads
      },
      async readsReport(id, language) {
        const file = await question((asked) => crm.citizens.readsReport({ id, language }, asked))
        return file.text()
      },
      async holds() {
        const { holds } = await question((asked) => crm.retention.holds(undefined, asked))
        return holds
      },
      hold: (id, reason) => question((asked) => crm.retention.hold({ id, reason }, asked)),
      async release(id) {
        await question((asked) => crm.retention.release({ id }, asked))
      },
      async devices() {
        const { devices } = await question((asked) => crm.devices.list(undefined, asked))
        return devices
      },
      wipe: (id, mode) => question((asked) => crm.devices.wipe({ id, mode }, asked)),
      schedule: () => question((asked) => crm.retention.schedule(undefined, asked)),
      async audit(query) {
        const { entries } = await question((asked) => crm.audit.list(query, asked))
        return entries
      },
      async statistics(period) {
        const { counts } = await question((asked) => crm.retention.statistics(period, asked))
        return counts
      },
    },
    offices: {
      async closures(officeId) {
        const { closures } = await question((asked) => crm.agenda.closures({ officeId }, asked))
        return closures
      },
      async concerned(time) {
        const { count } = await question((asked) => crm.agenda.concerned(time, asked))
        return count
      },
      close: (input) => closing((asked) => crm.agenda.closeDay(input, asked)),
      withdraw: (id) => closing((asked) => crm.agenda.withdraw({ id }, asked)),
      recover: (id, recovery) => closing((asked) => crm.agenda.recover({ id, recovery }, asked)),
      affected: (id) => closing((asked) => crm.agenda.affected({ id }, asked)),
      async failedMessages() {
        const { messages } = await question((asked) => crm.messages.list({ state: 'failed' }, asked))
        return messages
      },
      async resend(ids) {
        const { messages } = await question((asked) => crm.messages.resend({ ids }, asked))
        return messages.map(({ id }) => id)
      },
    },
    accounts: {
      list: () => question((asked) => crm.users.list(undefined, asked)),
      openRequests: (account) => question((asked) => crm.users.openRequests(account, asked)),
      add: (account) => question((asked) => crm.users.add(account, asked)),
      change: (account) => question((asked) => crm.users.change(account, asked)),
      setPassword: (account) => question((asked) => crm.users.setPassword(account, asked)),
      deactivate: (account) => question((asked) => crm.users.deactivate(account, asked)),
      activate: (account) => question((asked) => crm.users.activate(account, asked)),
      endSignIns: (account) => question((asked) => crm.users.endSignIns(account, asked)),
    },
  }
}

/** The CRM names the slot in which a visit begins; those behind it follow from the seats that it gives. */
const withSlots = <Offer extends { slotId: string }>(offer: Offer) => ({ ...offer, slotIds: [offer.slotId] })

const reasonQuery = (reason: ReadReason) =>
  reason.kind === 'search' ? { reasonKind: reason.kind } : { reasonKind: reason.kind, reasonId: reason.id }
