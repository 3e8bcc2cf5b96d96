import { createHash } from 'node:crypto'
import type { OpenAPI } from '@orpc/openapi'
import { type Html, html } from '../identity/html.ts'

const css = `
:root { color-scheme: light dark; font-family: 'Titillium Web', system-ui, sans-serif; line-height: 1.45 }
body { max-width: 70rem; margin: 0 auto; padding: 1rem }
nav ul { columns: 22rem; padding-left: 1rem }
article { border-top: 1px solid; padding: .5rem 0 1rem }
h2 code { font-size: 1rem } h2 { font-size: 1.1rem; margin-bottom: .2rem }
table { border-collapse: collapse } th, td { text-align: left; padding: .2rem .8rem .2rem 0; vertical-align: top }
pre { overflow: auto; max-height: 28rem; padding: .6rem; border: 1px solid; font-size: .85rem }
`
/** Of the page alone: no script, no picture, nothing from elsewhere. */
export const pagePolicy = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(css).digest('base64')}'`,
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

const methods = ['get', 'post', 'put', 'patch', 'delete'] as const
type Described = { id: string; method: string; path: string; operation: OpenAPI.OperationObject }

/** The OpenAPI document to read, without a script: its parts fold, its schemas are JSON Schema as they are. */
export function openApiPage(document: OpenAPI.Document, documentPath: string): string {
  const base = document.servers?.[0]?.url ?? ''
  const operations: Described[] = Object.entries(document.paths ?? {}).flatMap(([path, item]) =>
    methods.flatMap((method) => {
      const operation = item?.[method]
      if (!operation) return []
      return [
        {
          id: operation.operationId ?? `${method} ${path}`,
          method: method.toUpperCase(),
          path: base + path,
          operation,
        },
      ]
    }),
  )
  const schemas = Object.entries(document.components?.schemas ?? {})
  return html`<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${document.info.title}: API</title>
<style>${asIs(css)}</style></head>
<body>
<header>
<h1>${document.info.title}, version ${document.info.version}</h1>
<p>${document.info.description ?? ''}</p>
<p>For programs: <a href="${documentPath}">the OpenAPI ${document.openapi} document</a>.</p>
</header>
<nav aria-label="Operations"><ul>${operations.map(({ id, operation }) => html`<li><a href="#${id}">${operation.summary ?? id}</a></li>`)}</ul></nav>
<main>
${operations.map(section)}
<h2 id="schemas">Schemas</h2>
${schemas.map(([name, schema]) => folded(name, schema, `schema-${name}`))}
</main>
</body></html>
`.markup
}

/** Our own constant; anything that is not may not come here. */
const asIs = (text: string): Html => Object.assign(html``, { markup: text })

function section({ id, method, path, operation }: Described): Html {
  const parameters = (operation.parameters ?? []).flatMap((parameter) =>
    '$ref' in parameter ? [] : [parameter],
  )
  const body =
    operation.requestBody && 'content' in operation.requestBody ? operation.requestBody.content : {}
  return html`<article id="${id}">
<h2>${operation.summary ?? id}</h2>
<p><code>${method} ${path}</code></p>
${operation.description ? html`<p>${operation.description}</p>` : null}
${
  parameters.length > 0 &&
  html`<table><thead><tr><th>Parameter</th><th>In</th><th>Needed</th><th>Schema</th></tr></thead><tbody>
${parameters.map(
  (parameter) => html`<tr><td><code>${parameter.name}</code></td><td>${parameter.in}</td>
<td>${parameter.required ? 'yes' : 'no'}</td><td><code>${JSON.stringify(parameter.schema ?? {})}</code></td></tr>`,
)}</tbody></table>`
}
${Object.entries(body).map(([type, content]) => folded(`Request, ${type}`, content.schema ?? {}))}
${Object.entries(operation.responses ?? {}).flatMap(([status, response]) =>
  'content' in response
    ? Object.entries(response.content ?? {}).map(([type, content]) =>
        folded(`Answer ${status}, ${type}`, content.schema ?? {}),
      )
    : [],
)}
</article>`
}

const folded = (title: string, schema: unknown, id?: string): Html =>
  html`<details${id === undefined ? null : html` id="${id}"`}><summary>${title}</summary><pre>${JSON.stringify(schema, null, 2)}</pre></details>`
