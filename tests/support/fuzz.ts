import { setImmediate } from 'node:timers/promises'
import fc from 'fast-check'
import { newId } from '#contract/domain/ids.ts'
import { ProblemDetails, problemType } from '#contract/problem.ts'
import { type Form, formsOf } from './fuzz-forms.ts'
import type { OpenApi, Operation, Schema } from './openapi.ts'

/** Ids and names of things that are there, so that requests get further than "not found". */
export type Known = { uuids: string[]; slugs: string[] }

type Keywords = Exclude<Schema, boolean>
export type FuzzRequest = { operation: Operation; url: string; body: string | Form | null; caller: number }

const deepest = 6

/** Values that a schema describes, as far as it describes them: what the schema leaves open is anything. */
export function valuesOf(api: OpenApi, schema: Schema, known: Known, depth = 0): fc.Arbitrary<unknown> {
  const resolved = api.resolve(schema)
  if (typeof resolved === 'boolean') return fc.jsonValue({ maxDepth: 2 })
  const inner = (part: unknown) => valuesOf(api, part as Schema, known, depth + 1)
  if (depth > deepest) return fc.constant(null)
  if ('const' in resolved) return fc.constant(resolved.const)
  if (Array.isArray(resolved.enum)) return fc.constantFrom(...resolved.enum)
  for (const keyword of ['anyOf', 'oneOf'] as const) {
    const choices = resolved[keyword]
    if (Array.isArray(choices) && choices.length > 0) return fc.oneof(...choices.map(inner))
  }
  if (Array.isArray(resolved.allOf)) {
    return fc.tuple(...resolved.allOf.map(inner)).map((parts) => Object.assign({}, ...parts))
  }
  if (Array.isArray(resolved.type)) {
    return fc.oneof(...resolved.type.map((type: unknown) => inner({ ...resolved, type })))
  }
  switch (resolved.type) {
    case 'string':
      return strings(resolved, known)
    case 'integer':
      return fc.integer(range(resolved, -(2 ** 31), 2 ** 31 - 1))
    case 'number':
      return fc.double({ ...range(resolved, -1e9, 1e9), noNaN: true })
    case 'boolean':
      return fc.boolean()
    case 'null':
      return fc.constant(null)
    case 'array':
      return fc.array(inner(resolved.items ?? true), {
        minLength: numberOf(resolved.minItems, 0),
        maxLength: Math.min(numberOf(resolved.maxItems, 4), 4),
      })
    case 'object':
      return objects(resolved, inner)
    default:
      return fc.jsonValue({ maxDepth: 2 })
  }
}

const numberOf = (value: unknown, otherwise: number): number =>
  typeof value === 'number' ? value : otherwise

const range = (schema: Keywords, least: number, most: number) => {
  const min = Math.max(numberOf(schema.minimum, numberOf(schema.exclusiveMinimum, least - 1) + 1), least)
  return { min, max: Math.max(min, Math.min(numberOf(schema.maximum, most), most)) }
}

function objects(schema: Keywords, inner: (part: unknown) => fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  const properties = Object.entries((schema.properties ?? {}) as Record<string, unknown>)
  if (properties.length === 0)
    return fc.dictionary(fc.string({ maxLength: 8 }), inner(schema.additionalProperties ?? true), {
      maxKeys: 3,
    })
  const requiredKeys = ((schema.required ?? []) as string[]).filter((key) =>
    properties.some(([name]) => name === key),
  )
  return fc.record(Object.fromEntries(properties.map(([name, part]) => [name, inner(part)])), {
    requiredKeys,
  })
}

const instants = fc
  .date({ min: new Date('1990-01-01'), max: new Date('2040-01-01'), noInvalidDate: true })
  .map((at) => at.toISOString())

function strings(schema: Keywords, known: Known): fc.Arbitrary<string> {
  switch (schema.format) {
    case 'uuid':
      return fc.oneof(
        { weight: 3, arbitrary: fc.constantFrom(...known.uuids) },
        { weight: 1, arbitrary: fc.uuid() },
      )
    case 'date-time':
      return instants
    case 'date':
      return instants.map((at) => at.slice(0, 10))
    case 'email':
      return fc.constantFrom('ada@example.org', 'a.b+c@example.co')
  }
  const lengths = {
    minLength: numberOf(schema.minLength, 0),
    maxLength: Math.min(numberOf(schema.maxLength, 200), 400),
  }
  const text = fc.oneof(
    fc.string({ ...lengths, unit: 'binary' }),
    fc.string({ ...lengths, unit: 'grapheme' }),
  )
  if (typeof schema.pattern !== 'string') return text
  const matching = fc.stringMatching(new RegExp(schema.pattern))
  return fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(...known.slugs) },
    { weight: 1, arbitrary: matching },
  )
}

/** What programs and people send by mistake or on purpose. */
const odd = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom<unknown>(
    ...['', '\u0000', 'x\u0000y', '\ud800', "' or 1=1 --", '%00', '../..', '__proto__', 'a'.repeat(5_000)],
    ...[
      '9999-12-31',
      '0000-01-01',
      '275760-09-13T00:00:00Z',
      '-000001-01-01T00:00:00Z',
      '2026-02-30',
      '2026-06-30T23:59:60Z',
    ],
    ...[-1, 0, 2 ** 31, 2 ** 53, 1e308, -0.5, true, null, [], {}, [[[]]], { $ref: '#' }],
  ),
)

/** Mostly what the schema says, sometimes odd, sometimes not there. */
const maybeOdd = (value: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
  fc.oneof(
    { weight: 8, arbitrary: value },
    { weight: 1, arbitrary: odd },
    { weight: 1, arbitrary: fc.constant(undefined) },
  )

/** An object whose single fields may be odd, the others as they should be. */
const spoilt = (value: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
  fc.tuple(value, fc.nat(), odd).map(([whole, at, replacement]) => {
    if (typeof whole !== 'object' || whole === null || Array.isArray(whole)) return replacement
    const keys = Object.keys(whole)
    const key = keys[at % Math.max(1, keys.length)]
    return key === undefined ? whole : { ...whole, [key]: replacement }
  })

const asText = (value: unknown): string => (typeof value === 'string' ? value : (JSON.stringify(value) ?? ''))

/** Requests for one operation, whole, odd and broken. */
export function requestsFor(
  api: OpenApi,
  operation: Operation,
  known: Known,
  callers: number,
): fc.Arbitrary<FuzzRequest> {
  const parameters = operation.parameters.map((parameter) =>
    maybeOdd(valuesOf(api, parameter.schema, known)).map((value) => [parameter, value] as const),
  )
  const whole = operation.body === null ? fc.constant(undefined) : valuesOf(api, operation.body, known)
  const json =
    operation.body === null
      ? fc.constant(null)
      : fc.oneof(
          { weight: 6, arbitrary: whole.map((value) => JSON.stringify(value) ?? null) },
          { weight: 4, arbitrary: spoilt(whole).map((value) => JSON.stringify(value) ?? null) },
          { weight: 1, arbitrary: odd.map((value) => JSON.stringify(value) ?? null) },
          { weight: 1, arbitrary: fc.constantFrom('{', '[1,', '"', '{"__proto__":{"x":1}}', '', 'null') },
        )
  const { form } = operation
  const body: fc.Arbitrary<string | Form | null> =
    form === null ? json : fc.oneof({ weight: 1, arbitrary: json }, { weight: 4, arbitrary: formsOf(form) })
  return fc
    .record({ parameters: fc.tuple(...parameters), body, caller: fc.nat({ max: callers - 1 }) })
    .map((drawn) => {
      let path = operation.path
      const query = new URLSearchParams()
      for (const [parameter, value] of drawn.parameters) {
        // Lone surrogates have no place in an address.
        const text = asText(value).toWellFormed()
        if (parameter.in === 'path')
          path = path.replace(`{${parameter.name}}`, () => encodeURIComponent(text || 'x'))
        else if (value !== undefined) {
          for (const one of Array.isArray(value) ? value : [value])
            query.append(parameter.name, asText(one).toWellFormed())
        }
      }
      return {
        operation,
        url: query.size > 0 ? `${path}?${query}` : path,
        body: drawn.body,
        caller: drawn.caller,
      }
    })
}

export type FuzzResult = {
  requests: number
  /** How often each status was answered. */
  statuses: Record<number, number>
  /** Operations that were answered with success at least once. */
  reached: Set<string>
  failures: { operation: string; request: string; status: number; requestId: string | null; answer: string }[]
}

/** Commands as the document describes them, whole and spoilt, numbered from `n` on. */
export function drawCommands(api: OpenApi, known: Known, draw: { count: number; n: number; seed: number }) {
  const envelopes = valuesOf(api, { $ref: '#/components/schemas/CommandEnvelope' }, known) as fc.Arbitrary<{
    args: unknown
  }>
  const drawn = fc
    .tuple(envelopes, fc.nat(), odd)
    .map(([envelope, at, replacement]) => ({ envelope, spoil: at % 3 === 0 ? { at, replacement } : null }))
  return fc.sample(drawn, { numRuns: draw.count, seed: draw.seed }).map(({ envelope, spoil }, i) => {
    const args = { ...(envelope.args as Record<string, unknown>) }
    const keys = Object.keys(args)
    const key = spoil ? keys[spoil.at % Math.max(1, keys.length)] : undefined
    if (spoil && key !== undefined) args[key] = spoil.replacement
    return { ...envelope, args, n: draw.n + i, id: newId(), at: new Date().toISOString() }
  })
}

/** Sends `count` requests, spread over the operations, `atOnce` at a time, until `endBy` (`performance.now()`). */
export async function fuzz(options: {
  api: OpenApi
  base: string
  known: Known
  authorizations: (string | null)[]
  /** For one that is signed out: what is refused from the door on tries nothing, and six hundred times a minute no address may. */
  signIn: () => Promise<string>
  count: number
  seed: number
  atOnce?: number
  endBy?: number
}): Promise<FuzzResult> {
  const {
    api,
    base,
    known,
    authorizations,
    signIn,
    count,
    seed,
    atOnce = 8,
    endBy = Number.POSITIVE_INFINITY,
  } = options
  const result: FuzzResult = { requests: 0, statuses: {}, reached: new Set(), failures: [] }
  const each = Math.ceil(count / api.operations.length)
  const drawn: FuzzRequest[][] = []
  for (const operation of api.operations) {
    drawn.push(fc.sample(requestsFor(api, operation, known, authorizations.length), { numRuns: each, seed }))
    // The CRM may live in this thread, and would think itself too busy.
    await setImmediate()
  }
  // In turns: what one operation leaves behind is there for the others.
  const queue = Array.from({ length: each }, (_, i) => drawn.map((requests) => requests[i])).flat()

  const send = async ({ operation, url, body, caller }: FuzzRequest) => {
    const authorization = authorizations[caller] ?? null
    const ended = new AbortController()
    const form = typeof body === 'object' ? body : null
    const sent = form ? new Uint8Array(form.body) : (body as string | null)
    const response = await fetch(base + url, {
      method: operation.method,
      signal: ended.signal,
      headers: {
        ...(authorization === null ? {} : { authorization }),
        ...(body === null ? {} : { 'content-type': form?.type ?? 'application/json' }),
      },
      ...(body === null || operation.method === 'GET' ? {} : { body: sent }),
    })
    result.requests += 1
    result.statuses[response.status] = (result.statuses[response.status] ?? 0) + 1
    const told = form ? `${form.type} ${JSON.stringify(form.body.toString('latin1'))}` : (body ?? '')
    const request = `${operation.method} ${url} ${told}`.slice(0, 1_000)
    const fail = (answer: string) =>
      result.failures.push({
        ...{ operation: operation.name, request, status: response.status, answer: answer.slice(0, 500) },
        requestId: response.headers.get('x-request-id'),
      })
    if (response.ok) {
      result.reached.add(operation.name)
      if (response.headers.get('content-type')?.startsWith('text/event-stream')) ended.abort()
      else await response.arrayBuffer()
      return
    }
    const text = await response.text()
    if (response.status === 401 && authorizations[caller] === authorization)
      authorizations[caller] = await signIn()
    const problem = response.headers.get('content-type')?.startsWith(problemType)
    if (response.status >= 500 || !problem || !isProblem(text)) fail(text)
  }
  const lane = async () => {
    for (let next = queue.shift(); next && performance.now() < endBy; next = queue.shift()) await send(next)
  }
  await Promise.all(Array.from({ length: atOnce }, lane))
  return result
}

function isProblem(text: string): boolean {
  try {
    return ProblemDetails.safeParse(JSON.parse(text)).success
  } catch {
    return false
  }
}
