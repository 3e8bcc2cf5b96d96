import { OpenAPIGenerator } from '@orpc/openapi'
import { ZodToJsonSchemaConverter } from '@orpc/zod/zod4'
import { crmContract, crmPrefix } from '#contract/crm.ts'
import { Appointment, Slot } from '#contract/domain/appointment.ts'
import { Citizen } from '#contract/domain/citizen.ts'
import { Contact } from '#contract/domain/contact.ts'
import { Ticket } from '#contract/domain/ticket.ts'
import { FaultData } from '#contract/errors.ts'

let document: Promise<string> | undefined

/** The OpenAPI document of the contract, as JSON text. */
export const openApiDocument = (): Promise<string> => {
  document ??= generate()
  return document
}

async function generate(): Promise<string> {
  const generator = new OpenAPIGenerator({ schemaConverters: [new ZodToJsonSchemaConverter()] })
  const spec = await generator.generate(crmContract, {
    info: {
      title: 'Ascolto CRM',
      version: '1',
      description:
        'The central CRM of a city’s contact center. Every failure is the error `FAULT`, whose data says its kind and code; the status is that of the kind.',
    },
    servers: [{ url: crmPrefix }],
    commonSchemas: {
      Citizen: { schema: Citizen },
      Contact: { schema: Contact },
      Ticket: { schema: Ticket },
      Appointment: { schema: Appointment },
      Slot: { schema: Slot },
      FaultData: { schema: FaultData },
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
  for (const path of Object.values(spec.paths ?? {})) {
    for (const method of ['get', 'post', 'put', 'delete'] as const) {
      const responses = path?.[method]?.responses
      // A fault's status is that of its kind, not the one the generator takes for unknown codes.
      if (responses?.['500']) {
        responses.default = responses['500']
        delete responses['500']
      }
    }
  }
  return JSON.stringify(spec)
}
