import { z } from 'zod'

export type Schema = { [keyword: string]: unknown } | boolean

export type Operation = {
  name: string
  method: string
  path: string
  parameters: { name: string; in: string; required: boolean; schema: Schema }[]
  body: Schema | null
  /** Fields of the form that may be sent in the body's place. */
  form: string[] | null
  bodyRequired: boolean
}

export type OpenApi = { operations: Operation[]; resolve(schema: Schema): Schema }

const Document = z.object({
  paths: z.record(z.string(), z.record(z.string(), z.unknown())),
  components: z.object({ schemas: z.record(z.string(), z.unknown()) }),
})
const Described = z.object({
  operationId: z.string(),
  parameters: z
    .array(
      z.object({
        name: z.string(),
        in: z.string(),
        required: z.boolean().default(false),
        schema: z.unknown(),
      }),
    )
    .default([]),
  requestBody: z
    .object({
      required: z.boolean().default(false),
      content: z.object({
        'application/json': z.object({ schema: z.unknown() }).optional(),
        'multipart/form-data': z
          .object({ schema: z.object({ properties: z.record(z.string(), z.unknown()) }) })
          .optional(),
      }),
    })
    .optional(),
})

/** The operations that an OpenAPI document describes. */
export function readOpenApi(document: unknown): OpenApi {
  const { paths, components } = Document.parse(document)
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, described]) => {
      const { operationId, parameters, requestBody } = Described.parse(described)
      const form = requestBody?.content['multipart/form-data']
      return {
        name: operationId,
        method: method.toUpperCase(),
        path,
        parameters: parameters.map((parameter) => ({ ...parameter, schema: parameter.schema as Schema })),
        body: (requestBody?.content['application/json']?.schema as Schema | undefined) ?? null,
        form: form === undefined ? null : Object.keys(form.schema.properties),
        bodyRequired: requestBody?.required ?? false,
      }
    }),
  )
  return {
    operations,
    resolve(schema) {
      if (typeof schema === 'boolean' || typeof schema.$ref !== 'string') return schema
      const name = schema.$ref.replace('#/components/schemas/', '')
      const target = components.schemas[name] as Schema | undefined
      if (target === undefined) throw new Error(`${schema.$ref} leads nowhere`)
      return target
    },
  }
}
