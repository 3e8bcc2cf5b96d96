import { type OpenAPI, OpenAPIGenerator } from '@orpc/openapi'
import { ZodToJsonSchemaConverter } from '@orpc/zod/zod4'
import { z } from 'zod'
import { CommandEnvelope, commandNames, commands } from '#contract/commands/registry.ts'
import { crmContract, crmPrefix } from '#contract/crm.ts'
import { Appointment, Slot } from '#contract/domain/appointment.ts'
import { Citizen } from '#contract/domain/citizen.ts'
import { Contact } from '#contract/domain/contact.ts'
import { Ticket } from '#contract/domain/ticket.ts'
import { ProblemDetails, problemType } from '#contract/problem.ts'

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
        user: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
        device: {
          type: 'apiKey',
          in: 'header',
          name: 'authorization',
          description: '`Device <deviceId>.<secret>`, for a desk that pushes commands',
        },
      },
    },
    security: [{ user: [] }, { device: [] }],
  })
  describeCommands(spec)
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
      responses.default = failure
    }
  }
  return spec
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
