import Fastify, { type FastifyInstance } from 'fastify'
import { type Access, createAccess } from '../../src/crm/identity/access.ts'
import { mountIssuer } from '../../src/crm/identity/issuer.ts'
import type { Store } from '../../src/crm/store/store.ts'
import { freePort } from './free-port.ts'

export type RunningIssuer = {
  app: FastifyInstance
  url: string
  issuerUrl: string
  access: Access
  close(): Promise<void>
}

/** The CRM's sign-in alone, on a real socket and a real store. */
export async function startIssuer(
  store: Store,
  options: { now?: () => number; port?: number; publicUrl?: string } = {},
): Promise<RunningIssuer> {
  const port = options.port ?? (await freePort())
  const url = `http://127.0.0.1:${port}`
  const app = Fastify({ forceCloseConnections: true })
  const issuer = await mountIssuer(app, {
    store,
    publicUrl: options.publicUrl ?? url,
    log: app.log,
    ...(options.now ? { now: options.now } : {}),
  })
  await app.listen({ port, host: '127.0.0.1' })
  return { app, url, ...issuer, access: createAccess({ store, ...issuer }), close: () => app.close() }
}
