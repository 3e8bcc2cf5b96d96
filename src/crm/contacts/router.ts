import { sql } from 'kysely'
import { anyDeskRole } from '#contract/commands/command.ts'
import { Fault } from '#contract/errors.ts'
import { os, requireUser } from '../http/context.ts'
import type { Db } from '../store/store.ts'
import { readContacts } from './rows.ts'

export const contactsRouter = ({ db }: { db: Db }) => ({
  get: os.contacts.get.handler(async ({ context, input }) => {
    await requireUser(context, anyDeskRole)
    const [contact] = await readContacts(db, sql`k.id = ${input.id}`)
    if (!contact) throw new Fault('not-found', 'contact-gone')
    return contact
  }),
})
