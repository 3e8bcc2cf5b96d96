import { sql } from 'kysely'
import { Fault } from '#contract/errors.ts'
import { auditor, personsOf } from '../citizens/router.ts'
import { os, requireUser } from '../http/context.ts'
import type { Db } from '../store/store.ts'
import { readContacts } from './rows.ts'

export function contactsRouter(deps: { db: Db; now(): Date }) {
  const audit = auditor(deps)
  return {
    get: os.contacts.get.handler(async ({ context, input }) => {
      const user = await requireUser(context)
      const [contact] = await readContacts(deps.db, sql`k.id = ${input.id}`)
      if (!contact) throw new Fault('not-found', 'contact-gone')
      const persons = personsOf([contact, { citizenId: contact.onBehalfOf }])
      await audit(user.id, persons, { kind: 'call', id: contact.id })
      return contact
    }),
  }
}
