import { Agent, request } from 'node:http'
import { crmPrefix } from '#contract/crm.ts'

/** Sends JSON to a path of the API. False: somebody else has the place, for places with room for a longer visit overlap. */
export type Send = (method: 'PUT' | 'POST', path: string, body: object) => Promise<boolean>

/** A caller that costs as little as it can, on one connection of its own: what is measured is the CRM. */
export function sender(url: string, authorization: string): Send {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  return (method, path, body) =>
    new Promise((resolve, reject) => {
      const text = JSON.stringify(body)
      const headers = {
        authorization,
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(text),
      }
      const sent = request(`${url}${crmPrefix}/${path}`, { method, agent, headers }, (response) => {
        let answer = ''
        response.setEncoding('utf8')
        response.on('data', (part) => {
          answer += part
        })
        response.on('end', () => {
          if (response.statusCode === 200) resolve(true)
          else if (response.statusCode === 409 && answer.includes('slot-taken')) resolve(false)
          else reject(new Error(`${path}: ${response.statusCode} ${answer}`))
        })
      })
      sent.on('error', reject)
      sent.end(text)
    })
}
