import { OpenAPIHandler } from '@orpc/openapi/fastify'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import {
  type CrmIdentity,
  crmPrefix,
  deviceHeader,
  FeedQuery,
  feedPath,
  identityPath,
} from '#contract/crm.ts'
import { attachmentLimit } from '#contract/domain/ticket-entry.ts'
import { Fault } from '#contract/errors.ts'
import { problemType } from '#contract/problem.ts'
import { readEpoch } from '../store/epoch.ts'
import type { Store } from '../store/store.ts'
import { type FeedDeps, feedPage } from '../sync/feed.ts'
import { type Access, createAdmission } from './admission.ts'
import { problemOfError, type RequestContext, requireRight, requireSignIn } from './context.ts'
import { nameOperation } from './metrics.ts'
import { openApiPage, pagePolicy } from './openapi-page.ts'
import type { Principal } from './principal.ts'
import { type ApiDeps, apiRouter } from './router.ts'

/** The largest push that a desk may send: five hundred commands, most of them short. */
const bodyLimit = 8 * 1024 * 1024
/** What a form says beside the file in it. */
const formBytes = 64 * 1024
/** Admission counts these requests by who asks; the limit by address would throttle a room of desks. */
const counted = { rateLimit: false } as const
const documentPath = `${crmPrefix}/openapi.json`
const pagePath = `${crmPrefix}/docs`

/** The REST API of the contract, the change feed and the OpenAPI document, all under `/api/v1`. */
export async function mountApi(
  app: FastifyInstance,
  deps: ApiDeps & FeedDeps & { access: Access; waiting: Store['waiting'] },
): Promise<void> {
  const rest = new OpenAPIHandler(apiRouter(deps), {
    eventIteratorKeepAliveInterval: 15_000,
    customErrorResponseBodyEncoder: problemOfError,
  })
  const admit = createAdmission(app, deps)
  const principals = new WeakMap<FastifyRequest, Principal>()

  const contextOf = (request: FastifyRequest): RequestContext => ({
    log: request.log as RequestContext['log'],
    requestId: request.id,
    named: (operation) => nameOperation(request, operation),
    deviceCredential: [request.headers[deviceHeader]].flat()[0] ?? null,
    async principal() {
      const principal = principals.get(request)
      if (!principal) throw new Fault('unauthenticated', 'signed-out')
      return principal
    },
  })

  // Most starts are never asked for it.
  const openApiDocument = async () => (await import('./openapi.ts')).openApiDocument()
  app.get(documentPath, async (_request, reply) =>
    reply.type('application/json').send(JSON.stringify(await openApiDocument())),
  )
  app.get(pagePath, async (_request, reply) =>
    reply
      .type('text/html; charset=utf-8')
      .header('content-security-policy', pagePolicy)
      .send(openApiPage(await openApiDocument(), documentPath)),
  )

  app.get(identityPath, async (_request, reply): Promise<CrmIdentity> => {
    reply.header('cache-control', 'no-store')
    return { epoch: await readEpoch(deps.db) }
  })

  await app.register(async (api) => {
    // Before the body is read: who is nobody cannot make this server read megabytes.
    api.addHook('onRequest', async (request) => {
      principals.set(request, await admit(request))
    })
    // What oRPC answers leaves it as JSON; its failures are problem details.
    api.addHook('onSend', async (_request, reply, payload) => {
      if (reply.statusCode >= 400) reply.type(problemType)
      return payload
    })
    api.removeAllContentTypeParsers()
    const parseJson = api.getDefaultJsonParser('error', 'error')
    api.addContentTypeParser('application/json', { parseAs: 'string', bodyLimit }, (request, body, done) => {
      // Clients send the type also where an operation has no body.
      if (body === '') done(null, undefined)
      else parseJson(request, body as string, done)
    })

    // Files of requests: read whole, within the limit, and handed on as the form that it is.
    api.addContentTypeParser(
      'multipart/form-data',
      { parseAs: 'buffer', bodyLimit: attachmentLimit + formBytes },
      async (request: FastifyRequest, body: Buffer) => {
        const type = request.headers['content-type'] ?? ''
        const form = new Response(new Uint8Array(body), { headers: { 'content-type': type } })
        return form.formData().catch(() => {
          throw new Fault('invalid', 'input-invalid', { params: { field: 'file' } })
        })
      },
    )

    api.get(feedPath, { config: counted }, async (request, reply) => {
      await requireRight(contextOf(request), 'sync.changes')
      const query = FeedQuery.safeParse(request.query)
      if (!query.success) {
        const field = query.error.issues[0]?.path.join('.') ?? ''
        throw new Fault('invalid', 'input-invalid', { params: { field } })
      }
      const { user, grant } = await requireSignIn(contextOf(request))
      const { cursor, limit, device } = query.data
      const lines = await feedPage(
        { ...deps, log: contextOf(request).log },
        {
          ...{ user, grant },
          deviceId: device,
          deviceCredential: contextOf(request).deviceCredential,
          cursor: cursor === '' ? undefined : cursor,
          limit,
        },
      )
      return reply
        .type('application/x-ndjson')
        .header('cache-control', 'no-store')
        .send(lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
    })

    api.all(`${crmPrefix}/*`, { config: counted }, async (request, reply) => {
      reply.header('cache-control', 'no-store')
      const { matched } = await rest.handle(request, reply, {
        prefix: crmPrefix,
        context: contextOf(request),
      })
      if (!matched) throw new Fault('not-found', 'record-not-found')
      return reply
    })
  })
}
