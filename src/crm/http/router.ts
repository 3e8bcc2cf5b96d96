import { agendaRouter } from '../agenda/router.ts'
import type { BookingTerms } from '../appointments/booking-router.ts'
import { appointmentsRouter } from '../appointments/router.ts'
import { auditRouter } from '../audit/router.ts'
import { citizensRouter } from '../citizens/router.ts'
import { contactsRouter } from '../contacts/router.ts'
import { type UsersDeps, usersRouter } from '../identity/router.ts'
import { signInEnd } from '../identity/sign-ins.ts'
import { type MessagesDeps, messagesRouter } from '../messages/router.ts'
import { issueCredentials, type PhoneOptions } from '../phone/credentials.ts'
import { type RetentionDeps, retentionRouter } from '../retention/router.ts'
import type { Notices } from '../sync/notices.ts'
import type { PushDeps } from '../sync/push.ts'
import { devicesRouter, syncRouter } from '../sync/router.ts'
import { type TicketsDeps, ticketsRouter } from '../tickets/router.ts'
import { os, requireSignIn, requireUser } from './context.ts'

export type ApiDeps = PushDeps &
  MessagesDeps &
  TicketsDeps &
  UsersDeps &
  RetentionDeps & { notices: Notices; phone: PhoneOptions; booking: BookingTerms }

/** Every operation of `contract/crm`, each checking who asks. */
export const apiRouter = (deps: ApiDeps) =>
  os.router({
    me: os.me.handler(({ context }) => requireUser(context)),
    phone: {
      credentials: os.phone.credentials.handler(async ({ context }) => {
        const { user, grant } = await requireSignIn(context)
        return issueCredentials(deps.phone, user.extension, await signInEnd(deps.db, grant))
      }),
    },
    devices: devicesRouter(deps),
    sync: syncRouter(deps),
    citizens: citizensRouter(deps),
    contacts: contactsRouter(deps),
    tickets: ticketsRouter(deps),
    appointments: appointmentsRouter(deps),
    messages: messagesRouter(deps),
    agenda: agendaRouter(deps),
    audit: auditRouter(deps),
    retention: retentionRouter(deps),
    users: usersRouter(deps),
  })
