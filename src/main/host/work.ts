import type { CommandRequest } from '#contract/commands/registry.ts'
import { type Draft, emptyDraft, type VisitPlace, type Work } from '#contract/desk.ts'
import { type Appointment, isActive } from '#contract/domain/appointment.ts'
import { cityDayOf } from '#contract/domain/calendar.ts'
import { showContact } from '#contract/domain/citizen-shown.ts'
import { requireEligible } from '#contract/domain/eligibility.ts'
import { type Id, newId } from '#contract/domain/ids.ts'
import { Fault } from '#contract/errors.ts'
import { unconfirmedIn } from '#contract/unconfirmed.ts'
import type { Callers } from './caller.ts'
import { withoutContents } from './faults.ts'
import { type Holds, samePlace, sameWish } from './holds.ts'
import { author, type Parts } from './parts.ts'
import { desk, done } from './rpc.ts'
import type { SeenVisits } from './seen-visits.ts'
import { closeRequest, identifyRequest, openRequest, type WorkRecorder } from './work-record.ts'

type WorkParts = Parts & {
  recorder: WorkRecorder
  callers: Callers
  holds: Holds
  seen: SeenVisits
  /** A draft was changed here and not by the window that shows it. */
  draftChanged(): void
}

/** What the operator does in a contact: every change is a command in the outbox, or the draft beside it. */
class Contacts {
  readonly #parts: WorkParts

  constructor(parts: WorkParts) {
    this.#parts = parts
  }

  list(): Work[] {
    this.#parts.recorder.flush()
    return this.#parts.cache.work
      .list(this.#parts.session.user().id)
      .toSorted((a, b) => Date.parse(a.startedAt) - Date.parse(b.startedAt))
  }

  /** An open contact of the signed-in user; a colleague's on the same desk is not theirs to touch. */
  mine(contactId: Id): Work {
    const work = this.list().find((one) => one.contactId === contactId)
    if (!work) throw new Fault('not-found', 'contact-gone')
    return work
  }

  /** One that was answered or has ended: before, there is no contact to hang anything on. */
  begun(contactId: Id): Work {
    const work = this.mine(contactId)
    if (work.answeredAt === null && work.endedAt === null) throw new Fault('conflict', 'call-illegal-move')
    return work
  }

  /** Issues commands, those that make the contact known first, and changes the draft accordingly. */
  issue(work: Work, requests: readonly CommandRequest[], change: (draft: Draft) => Draft): void {
    const opening = this.#parts.recorder.isOpened(work.contactId) ? [] : [openRequest(work)]
    this.#accept(work, [...opening, ...requests], change)
  }

  /** Commands and the draft that they leave behind, or neither. */
  #accept(work: Work, requests: readonly CommandRequest[], change: (draft: Draft) => Draft): void {
    const { contactId, revision, draft } = work
    this.#parts.cache.accept(author(this.#parts), requests, { contactId, revision, draft: change(draft) })
    this.#tell(contactId)
    this.#parts.sync.nudge()
  }

  /** Who speaks is no mere part of the draft: it is what lets a window see the whole of them, and leaves its trace. */
  save(contactId: Id, revision: number, draft: Draft): { revision: number; savedAt: string } {
    const work = this.mine(contactId)
    const { citizenId, identification } = draft
    const isSame = work.draft.citizenId === citizenId && work.draft.identification === identification
    if (isSame || work.answeredAt === null) return this.#parts.cache.work.save(contactId, revision, draft)
    this.issue({ ...work, revision }, [identifyRequest(contactId, draft)], () => draft)
    const saved = this.#parts.cache.work.get(contactId)
    if (!saved) throw new Fault('not-found', 'contact-gone')
    return { revision: saved.revision, savedAt: saved.savedAt }
  }

  createCitizen(work: Work, request: Extract<CommandRequest, { name: 'citizen.create' }>): void {
    const citizenId = request.args.id
    const change = (draft: Draft): Draft => ({
      ...draft,
      citizenId,
      choice: 'person',
      newCitizen: null,
      // Said of whoever was taken for the caller before.
      onBehalfOf: null,
    })
    if (work.answeredAt === null) {
      this.#accept(work, [request], change)
      return
    }
    const { identification } = work.draft
    this.issue(work, [request, identifyRequest(work.contactId, { citizenId, identification })], change)
  }

  close(work: Work): void {
    const { outcome } = work.draft.wrapUp
    if (outcome === null) throw new Fault('invalid', 'input-invalid', { params: { field: 'outcome' } })
    if (work.endedAt === null) throw new Fault('conflict', 'call-illegal-move')
    if (unconfirmedIn(work.draft).length > 0) throw new Fault('conflict', 'draft-unconfirmed')
    const { endedAt } = work
    const line = this.#parts.phone.lines().find(({ callId }) => callId === work.contactId)
    const requests: CommandRequest[] = this.#parts.recorder.isOpened(work.contactId)
      ? []
      : [openRequest(work)]
    const said = { outcome, lineScore: line?.mos ?? null, note: work.draft.note }
    requests.push(closeRequest({ ...work, endedAt }, said))
    const kept = this.#parts.holds.of(work.contactId)
    this.#parts.cache.work.close(work.contactId, author(this.#parts), requests)
    this.#parts.callers.forget(work.contactId)
    void this.#parts.holds.release(work.contactId, kept)
    this.#parts.sync.nudge()
  }

  #tell(contactId: Id): void {
    this.#parts.callers.identified(contactId)
    this.#parts.draftChanged()
  }
}

type Wish = Pick<Draft['booking'], 'serviceIds' | 'recoveryOf'>

/** Whether the sheet is about this visit, so that it is done with once that is booked or moved. */
const isAbout = (
  { visit, moves, ...wish }: Draft['booking'],
  place: VisitPlace,
  what: { moves: Id } | Wish,
): boolean =>
  (visit === null || samePlace(visit, place)) &&
  ('moves' in what ? moves === what.moves : moves === null && sameWish(wish, what))

const withoutBooking = (draft: Draft): Draft => ({ ...draft, booking: emptyDraft.booking })
const asItIs = (draft: Draft): Draft => draft

export function workService(parts: WorkParts) {
  const contacts = new Contacts(parts)
  /** The seats that are kept for this contact, when they are the ones it books; the hold knows all of its slots. */
  const kept = (contactId: Id, visit: VisitPlace, wish: Wish | null) => {
    const there = parts.holds.at(contactId, visit, wish)
    if (!there?.hold) return { visit, holdId: there?.id ?? null }
    const { slotId, slotIds, officeId, startsAt, endsAt } = there.hold
    return { visit: { slotId, slotIds, officeId, startsAt, endsAt }, holdId: there.id }
  }
  /** What is moved or made up for is whose the conversation is with, under whichever of the ids of a joined person. */
  const requireNotAnothers = (appointment: Appointment | null, citizenId: Id | null): void => {
    if (!appointment || appointment.citizenId === null || appointment.citizenId === citizenId) return
    const isJoined = citizenId !== null && parts.cache.story(citizenId)?.citizen.id === appointment.citizenId
    if (!isJoined) throw new Fault('conflict', 'appointment-of-another')
  }
  /** What was kept for the contact is in the command that took it; what was chosen elsewhere in the meantime stays, with its seats. */
  const settle = ({ contactId, draft }: Work, holdId: Id | null, isDone: boolean) => {
    if (holdId) parts.holds.spend(contactId)
    else if (isDone || draft.booking.visit === null) void parts.holds.release(contactId)
  }
  /** The last booking of each contact's sheet, by which a key that is pressed twice is known. */
  const lastBooked = new Map<Id, Wish & { visit: VisitPlace; citizenId: Id | null; appointmentId: Id }>()
  const bookedJustNow = (contactId: Id, citizenId: Id | null, visit: VisitPlace, wish: Wish): Id | null => {
    const last = lastBooked.get(contactId)
    if (!last || last.citizenId !== citizenId) return null
    if (!samePlace(last.visit, visit) || !sameWish(last, wish)) return null
    const state = parts.cache.appointment(last.appointmentId)?.state
    return state && isActive(state) ? last.appointmentId : null
  }
  return {
    list: desk.work.list.handler(() => ({ work: contacts.list() })),
    save: desk.work.save.handler(({ input: { contactId, revision, draft } }) =>
      contacts.save(contactId, revision, draft),
    ),
    book: desk.work.book.handler(({ input }) => {
      const work = contacts.begun(input.contactId)
      const { recoveryOf, serviceIds } = input
      const { booking } = work.draft
      const citizenId = input.citizenId ?? work.draft.citizenId
      const { visit, holdId } = kept(input.contactId, input.visit, input)
      const isChosen = booking.visit !== null && isAbout(booking, visit, input)
      const before = holdId || isChosen ? null : bookedJustNow(work.contactId, citizenId, visit, input)
      if (before) return { appointmentId: before }
      const rules = parts.cache.reference().services.filter(({ id }) => serviceIds.includes(id))
      requireEligible(
        rules.map(({ rule }) => rule),
        input.checked,
        cityDayOf(parts.now().toISOString()),
      )
      const appointmentId = newId()
      if (recoveryOf !== null) requireNotAnothers(parts.cache.appointment(recoveryOf), citizenId)
      const request: CommandRequest = {
        name: 'appointment.book',
        args: {
          ...visit,
          id: appointmentId,
          ...{ serviceIds, citizenId, recoveryOf, holdId },
          contactId: work.contactId,
          leaseId: null,
          channel: 'phone',
          notify: input.notify,
          checked: input.checked,
          besides: input.besides,
        },
      }
      const isDone = isAbout(booking, visit, input)
      contacts.issue(work, [request], isDone ? withoutBooking : asItIs)
      settle(work, holdId, isDone)
      if (holdId || isChosen)
        lastBooked.set(work.contactId, { visit, serviceIds, recoveryOf, citizenId, appointmentId })
      return { appointmentId }
    }),
    reschedule: desk.work.reschedule.handler(({ input }) => {
      const work = contacts.begun(input.contactId)
      const { appointmentId, notify } = input
      const known = parts.cache.appointment(appointmentId)
      requireNotAnothers(known, input.citizenId ?? work.draft.citizenId)
      if (known && !isActive(known.state)) throw new Fault('conflict', 'appointment-settled')
      // Its services are the CRM's to know: not every appointment is on this desk.
      const { visit, holdId } = kept(input.contactId, input.visit, null)
      // Pressed twice: it is there already.
      if (known && !holdId && samePlace(known, visit)) return done
      const request: CommandRequest = {
        name: 'appointment.reschedule',
        args: { ...visit, appointmentId, holdId, notify, seen: parts.seen.of(appointmentId) },
      }
      const isDone = isAbout(work.draft.booking, visit, { moves: appointmentId })
      contacts.issue(work, [request], isDone ? withoutBooking : asItIs)
      settle(work, holdId, isDone)
      return done
    }),
    hold: desk.work.hold.handler(async ({ input: { contactId, ...asked } }) => {
      contacts.mine(contactId)
      return { held: await parts.holds.take(contactId, asked) }
    }),
    renewHold: desk.work.renewHold.handler(async ({ input }) => {
      contacts.mine(input.contactId)
      return { held: await parts.holds.renew(input.contactId) }
    }),
    releaseHold: desk.work.releaseHold.handler(async ({ input }) => {
      contacts.mine(input.contactId)
      await parts.holds.release(input.contactId)
      return done
    }),
    openTicket: desk.work.openTicket.handler(({ input }) => {
      const work = contacts.begun(input.contactId)
      const ticketId = newId()
      const request: CommandRequest = {
        name: 'ticket.open',
        args: {
          id: ticketId,
          kind: input.kind,
          topicId: input.topicId,
          text: input.text,
          citizenId: work.draft.citizenId,
          contactId: work.contactId,
          receivedAt: parts.now().toISOString(),
        },
      }
      contacts.issue(work, [request], (draft) => ({ ...draft, ticket: emptyDraft.ticket }))
      return { ticketId }
    }),
    createCitizen: desk.work.createCitizen.handler(({ input }) => {
      const work = contacts.mine(input.contactId)
      const citizenId = newId()
      const needsDuplicateCheck = parts.sync.state().state !== 'reachable'
      const args = { ...input.citizen, id: citizenId, needsDuplicateCheck }
      contacts.createCitizen(work, { name: 'citizen.create', args })
      return { citizenId }
    }),
    cancelAppointment: desk.work.cancelAppointment.handler(({ input }) => {
      const work = contacts.begun(input.contactId)
      const known = parts.cache.appointment(input.appointmentId)
      if (known && !isActive(known.state)) {
        throw new Fault('conflict', 'appointment-settled')
      }
      const request: CommandRequest = {
        name: 'appointment.cancel',
        args: {
          appointmentId: input.appointmentId,
          by: input.by,
          reason: input.reason,
          notify: input.notify,
          seen: parts.seen.of(input.appointmentId),
        },
      }
      contacts.issue(work, [request], (draft) => draft)
      return done
    }),
    confirmProposal: desk.work.confirmProposal.handler(({ input }) => {
      const work = contacts.begun(input.contactId)
      const { appointmentId } = input
      const known = parts.cache.appointment(appointmentId)
      // Pressed twice, or by a colleague meanwhile.
      if (known?.state === 'confirmed') return done
      const isOver = known?.confirmBy != null && Date.parse(known.confirmBy) <= parts.now().getTime()
      if (known?.state === 'lapsed' || isOver) throw new Fault('conflict', 'proposal-expired')
      if (known && known.state !== 'proposed') throw new Fault('conflict', 'appointment-settled')
      contacts.issue(work, [{ name: 'appointment.confirm', args: { appointmentId } }], (draft) => draft)
      return done
    }),
    close: desk.work.close.handler(({ input }) => {
      contacts.close(contacts.mine(input.contactId))
      lastBooked.delete(input.contactId)
      // The contact is closed whatever the line says to it; the agent's state tells what became of `next`.
      parts.phone.finishAfterCallWork(input.contactId, input.next).catch((error: unknown) => {
        parts.log.warn({ err: withoutContents(error) }, 'the line was not told that the wrap-up is done')
      })
      return done
    }),
    made: desk.work.made.handler(({ input }) => {
      const { id } = parts.session.user()
      const { contact, ...made } = parts.cache.made(input.contactId)
      // Of a contact of their own the operator has seen who called.
      return { ...made, contact: contact && (contact.operatorId === id ? contact : showContact(contact)) }
    }),
  }
}
