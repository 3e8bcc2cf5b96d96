import { type OpenAPI, OpenAPIGenerator } from '@orpc/openapi'
import { ZodToJsonSchemaConverter } from '@orpc/zod/zod4'
import { z } from 'zod'
import { CommandEnvelope, commandNames, commands } from '#contract/commands/registry.ts'
import {
  CrmIdentity,
  crmContract,
  crmPrefix,
  deviceHeader,
  FeedLine,
  FeedQuery,
  feedPath,
  identityPath,
} from '#contract/crm.ts'
import { Appointment, Slot } from '#contract/domain/appointment.ts'
import { Citizen } from '#contract/domain/citizen.ts'
import { Contact } from '#contract/domain/contact.ts'
import { Ticket } from '#contract/domain/ticket.ts'
import { ProblemDetails, problemType } from '#contract/problem.ts'
import { type Operation, type Right, rights } from '#contract/rights.ts'

let document: Promise<OpenAPI.Document> | undefined

/** The OpenAPI document of the contract. */
export const openApiDocument = (): Promise<OpenAPI.Document> => {
  document ??= generate()
  return document
}

async function generate(): Promise<OpenAPI.Document> {
  const generator = new OpenAPIGenerator({ schemaConverters: [new ZodToJsonSchemaConverter()] })
  const spec = await generator.generate(crmContract, {
    info: {
      title: 'Ascolto CRM',
      version: '1',
      description:
        'The central CRM of a city’s contact center. Every failure is answered with problem details (RFC 9457) whose `kind` and `code` say what went wrong; the status is that of the kind.',
    },
    servers: [{ url: crmPrefix }],
    commonSchemas: {
      Citizen: { schema: Citizen },
      Contact: { schema: Contact },
      Ticket: { schema: Ticket },
      Appointment: { schema: Appointment },
      Slot: { schema: Slot },
      ProblemDetails: { schema: ProblemDetails },
      CommandEnvelope: { schema: CommandEnvelope },
    },
    components: {
      securitySchemes: {
        user: {
          ...{ type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
          description:
            'An access token of somebody who signed in, or of another system: `POST /oidc/token` with its id and secret (HTTP Basic), `grant_type=client_credentials` and `scope=crm`',
        },
        device: {
          type: 'apiKey',
          in: 'header',
          name: 'authorization',
          description: '`Device <deviceId>.<secret>`, for a desk that pushes commands',
        },
      },
    },
  })
  describeCommands(spec)
  describeRoutes(spec)
  // Of any operation, with the status of its kind: not the one status that the generator takes for the contract's one error.
  const failure = {
    description: 'Problem details (RFC 9457)',
    content: { [problemType]: { schema: { $ref: '#/components/schemas/ProblemDetails' } } },
  }
  for (const path of Object.values(spec.paths ?? {})) {
    for (const method of ['get', 'post', 'put', 'delete'] as const) {
      const responses = path?.[method]?.responses
      if (!responses) continue
      delete responses['500']
      describeRight(path[method])
      responses.default = failure
    }
  }
  return spec
}

/** Who may ask, as `rights` says it; where the document names roles, one of them is enough. */
function describeRight(operation: OpenAPI.OperationObject | undefined): void {
  const right = rights[operation?.operationId as Operation] as Right | undefined
  if (!operation || !right) return
  operation.security = right.who === 'device' ? [{ device: [] }] : [{ user: [] }]
  operation.description = [operation.description, whoMay(right)].filter(Boolean).join(' ')
  if (right.who !== 'device') Object.assign(operation, { 'x-roles': right.roles })
}

function whoMay(right: Right): string {
  if (right.who === 'device') return 'For a desk alone, by its own credential.'
  const who = right.who === 'person' ? 'For persons' : 'For persons and other systems'
  const [last, ...others] = right.roles.toReversed()
  const roles = others.length > 0 ? `${others.toReversed().join(', ')} or ${last}` : last
  const rows =
    right.rows === 'requests'
      ? ' Of requests those of their teams; the first level, supervisors and administrators see all.'
      : right.rows === 'own'
        ? ' Their own alone.'
        : ''
  return `${who} with the role ${roles}.${rows}`
}

/** What is served beside the contract: which database this is, and the feed, whose answer is a stream of lines. */
function describeRoutes(spec: OpenAPI.Document): void {
  const inDocument = (path: string) => path.slice(crmPrefix.length)
  const { properties = {}, required = [] } = jsonSchema(FeedQuery) as {
    properties?: Record<string, OpenAPI.SchemaObject>
    required?: string[]
  }
  const parameters = [
    ...Object.entries(properties).map(([name, schema]) => ({
      ...{ name, in: 'query', required: required.includes(name) },
      schema,
    })),
    {
      name: deviceHeader,
      in: 'header',
      description: '`<deviceId>.<secret>` of the desk',
      schema: { type: 'string' },
    },
  ] as OpenAPI.ParameterObject[]
  spec.components = {
    ...spec.components,
    schemas: {
      ...spec.components?.schemas,
      FeedLine: jsonSchema(FeedLine),
      CrmIdentity: jsonSchema(CrmIdentity),
    },
  }
  spec.paths = {
    ...spec.paths,
    [inDocument(identityPath)]: {
      get: {
        operationId: 'identity',
        summary: 'Which database this is: the id of its change log',
        security: [],
        responses: {
          200: {
            description: 'The id',
            content: { 'application/json': { schema: { $ref: '#/components/schemas/CrmIdentity' } } },
          },
        },
      },
    },
    [inDocument(feedPath)]: {
      get: {
        operationId: 'sync.changes',
        summary: 'A page of the change feed',
        description:
          'One `FeedLine` a line. Rows are as they are now. A page counts only when its `end` line has arrived; without a cursor it begins with everything in scope.',
        security: [{ user: [] }],
        parameters,
        responses: {
          200: {
            description: 'Lines of JSON',
            content: { 'application/x-ndjson': { schema: { $ref: '#/components/schemas/FeedLine' } } },
          },
        },
      },
    },
  }
}

/** JSON Schema of 2020-12 is the schema of OpenAPI 3.1; the two libraries have types of their own for it. */
function jsonSchema(schema: z.ZodType): OpenAPI.SchemaObject {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: 'input', target: 'draft-2020-12' })
  return rest as OpenAPI.SchemaObject
}

/**
 * A command's arguments are checked where it is applied, so that one that is wrong cannot make a whole batch unreadable: the contract
 * lets them be anything. Whoever reads the document is told what each command takes.
 */
function describeCommands(spec: OpenAPI.Document): void {
  const envelope = z.toJSONSchema(CommandEnvelope, { io: 'input', target: 'draft-2020-12' })
  const { $schema: _, ...common } = envelope
  const variants = commandNames.map((name) => {
    const { $schema: __, ...args } = z.toJSONSchema(commands[name].args, {
      io: 'input',
      target: 'draft-2020-12',
    })
    return { ...common, properties: { ...common.properties, name: { const: name }, args } }
  })
  const schemas = { ...spec.components?.schemas, CommandEnvelope: { oneOf: variants } }
  // JSON Schema of 2020-12 is the schema of OpenAPI 3.1; the two libraries have types of their own for it.
  spec.components = { ...spec.components, schemas: schemas as Record<string, OpenAPI.SchemaObject> }
}
