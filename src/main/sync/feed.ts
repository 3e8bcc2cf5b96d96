import { deviceHeader, feedPath, HeardLine } from '#contract/crm.ts'
import { Fault } from '#contract/errors.ts'
import { crmBase, faultOf, faultOfAnswer, limit } from './crm-link.ts'
import { credentialText, type DeviceCredential } from './model.ts'

const pageMs = 30_000

export type FeedRequest = {
  url: string
  authorization: string
  device: DeviceCredential
  cursor: string | null
  limit: number
  stop: AbortSignal
}

/** One whole page of the change feed. A page that breaks off before its `end` line is `unavailable: crm-away`: nothing of it counts. */
export async function fetchPage(request: FeedRequest): Promise<HeardLine[]> {
  const address = new URL(crmBase(request.url) + feedPath)
  address.searchParams.set('device', request.device.deviceId)
  address.searchParams.set('limit', String(request.limit))
  if (request.cursor !== null) address.searchParams.set('cursor', request.cursor)
  let lines: string[]
  try {
    const response = await fetch(address, {
      headers: {
        authorization: request.authorization,
        [deviceHeader]: credentialText(request.device),
        accept: 'application/x-ndjson',
      },
      redirect: 'error',
      signal: limit(pageMs, request.stop),
    })
    const text = await response.text()
    if (!response.ok) throw faultOfAnswer(response.status, typedData(text), response.status)
    lines = text.split('\n').filter((line) => line !== '')
  } catch (error) {
    throw faultOf(error)
  }
  if (!isEnd(lines.at(-1))) throw new Fault('unavailable', 'crm-away', { cause: 'a page without its end' })
  return lines.map(parseLine)
}

const isEnd = (line: string | undefined): boolean => {
  if (line === undefined) return false
  try {
    return parseLine(line).type === 'end'
  } catch {
    return false
  }
}

function parseLine(line: string): HeardLine {
  try {
    return HeardLine.parse(JSON.parse(line))
  } catch (error) {
    throw new Fault('internal', 'unexpected', { cause: error })
  }
}

/** The `data` of an error's body in the shape that the CRM's procedures answer. */
function typedData(text: string): unknown {
  try {
    const body: unknown = JSON.parse(text)
    return typeof body === 'object' && body !== null && 'data' in body ? body.data : body
  } catch {
    return null
  }
}
