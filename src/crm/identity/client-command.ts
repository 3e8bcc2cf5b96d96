import { z } from 'zod'
import { asActor } from '../audit/actor.ts'
import { CommandProblem } from '../command-problem.ts'
import type { Db } from '../store/store.ts'
import { requireTeams } from './account-acts.ts'
import { inWords, type RightsOptions, readRights } from './account-command.ts'
import { addClient, type Client, clientNamed, endClient, readClients } from './clients.ts'

export const clientActions = ['add', 'list', 'end'] as const
export type ClientAction = (typeof clientActions)[number]

const Name = z.string().regex(/^[a-z][a-z0-9.-]{1,59}$/)

/** Other systems that may sign in. Answers what to print. */
export function clientCommand(
  db: Db,
  action: ClientAction,
  typed: string | undefined,
  options: RightsOptions,
): Promise<string> {
  const actor = { operation: `client.${action}` as const, user: null, device: null, request: null }
  return asActor(actor, async () => {
    if (action === 'list') {
      const all = await readClients(db)
      return all.length === 0 ? 'There are no clients.' : all.map(line).join('\n')
    }
    const name = Name.safeParse(typed)
    if (!name.success)
      throw new CommandProblem('A name has small letters, digits, dots and dashes, and begins with a letter.')
    const known = await clientNamed(db, name.data)
    const stands = known !== null && known.endedAt === null
    if (action === 'end') {
      if (!stands) throw new CommandProblem(`There is no client ${name.data}.`)
      await endClient(db, known.id)
      return `${name.data} is signed out and may not sign in any more.`
    }
    if (stands) throw new CommandProblem(`There is a client ${name.data} already.`)
    const { role = [], team = [] } = options
    const { roles = [], teams = [] } = readRights({ role, team })
    await inWords(db, { login: name.data, extension: '' }, () => requireTeams(db, teams))
    const { id, secret } = await addClient(db, name.data, { roles, teams })
    return `client_id\t${id}\nclient_secret\t${secret}\nThe secret is not told again.`
  })
}

const line = ({ id, name, roles, teams, endedAt }: Client): string =>
  [name, roles.join(' '), teams.join(' '), endedAt === null ? 'active' : `ended ${endedAt}`, id].join('\t')
