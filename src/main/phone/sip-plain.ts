import { Core, NameAddrHeader, URI } from 'sip.js'

type Message = Core.IncomingRequestMessage | Core.IncomingResponseMessage

/** With the mark of our own Contact (registrar.ts), which stands in every request to us. */
const token = "[A-Za-z0-9.!%*_+`'~-]+"
/** A domain name whose last label cannot be a number, so that it is no address. */
const domain = '(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\\.)*[A-Za-z](?:[A-Za-z0-9-]*[A-Za-z0-9])?'
const octet = '(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)'
const ipv4 = `${octet}(?:\\.${octet}){3}`
const uriPart = `(sips?):(?:([A-Za-z0-9+_.-]+)@)?(${domain}|${ipv4})(?::(\\d{1,5}))?(?:;transport=(ws|wss|tcp|udp|tls))?(;ob)?(?:;desk=([0-9a-f]{8}))?`
const requestLine = new RegExp(`^([A-Z]{3,20}) ${uriPart} SIP/2\\.0$`)
const statusLine = /^SIP\/2\.0 ([1-6]\d\d) ([A-Za-z0-9 ]+)$/
const nameAddress = new RegExp(`^(?:"([A-Za-z0-9+' -]+)" ?)?<${uriPart}>(?:;tag=(${token}))?$`)
const viaPart = `branch=${token}|rport=\\d{1,5}|received=${ipv4}`
/** Kamailio writes two spaces. */
const viaValue = new RegExp(
  `^SIP/2\\.0/(WSS?|UDP|TCP|TLS) {1,2}(?:(${domain})|(${ipv4}))(?::(\\d{1,5}))?((?:;(?:${viaPart}))+)$`,
)
const routePart = '[a-z][a-z0-9]*(?:=[A-Za-z0-9.+*_-]+)?'
/** As a proxy writes its own place: without a name, with parameters of its making. */
const routeValue = new RegExp(
  `^<(sips?):(?:([A-Za-z0-9+_.-]+)@)?(${domain}|${ipv4})(?::(\\d{1,5}))?((?:;${routePart})*)>$`,
)
/** Those whose values the grammar looks into. */
const knownParts = new Set(['user', 'method', 'ttl', 'maddr'])
const transports = new Set(['ws', 'wss', 'tcp', 'udp', 'tls'])
const cseqValue = /^(\d{1,9}) ([A-Z]{3,20})$/
const callIdValue = new RegExp(`^${token}(?:@${token})?$`)

function uriOf(parts: readonly (string | undefined)[]): URI {
  const [scheme, user, host = '', port, transport, outbound, desk] = parts
  return new URI(
    scheme,
    // The library leaves undefined what is not there, whatever its types say; URIs are compared by it.
    user as string,
    host,
    port === undefined ? undefined : Number(port),
    {
      ...(transport === undefined ? {} : { transport }),
      ...(outbound === undefined ? {} : { ob: null }),
      ...(desk === undefined ? {} : { desk }),
    },
    {},
  )
}

/** `;name=value;name`, each with its value or null. */
const partsOf = (text: string): (readonly [string, string | null])[] =>
  text
    .split(';')
    .slice(1)
    .map((part) => {
      const at = part.indexOf('=')
      return at < 0 ? [part, null] : [part.slice(0, at), part.slice(at + 1)]
    })

function routeOf(value: string): NameAddrHeader | undefined {
  const match = routeValue.exec(value)
  if (!match) return undefined
  const [, scheme, user, host = '', port, rest = ''] = match
  const parameters: Record<string, string | null> = {}
  for (const [name, said] of partsOf(rest)) {
    if (knownParts.has(name) || (name === 'transport' && !transports.has(said ?? ''))) return undefined
    // `lr=on` stands for the same.
    parameters[name] = name === 'lr' ? null : said
  }
  const uri = new URI(
    scheme,
    user as string,
    host,
    port === undefined ? undefined : Number(port),
    parameters,
    {},
  )
  return new NameAddrHeader(uri, undefined as unknown as string, {})
}

/** What the grammar makes of a header value of the common form; undefined: not of that form. */
function plainValue(name: string, value: string): unknown {
  switch (name) {
    case 'from':
    case 'to':
    case 'contact': {
      const match = nameAddress.exec(value)
      if (!match) return undefined
      const tag = match[9]
      return new NameAddrHeader(
        uriOf(match.slice(2, 9)),
        match[1] as string,
        tag === undefined ? {} : { tag },
      )
    }
    case 'via': {
      const match = viaValue.exec(value)
      if (!match) return undefined
      const [, transport, name, address, port, rest = ''] = match
      const parts = partsOf(rest)
      const { branch, received } = Object.fromEntries(parts)
      if (branch === undefined || new Set(parts.map(([part]) => part)).size < parts.length) return undefined
      return {
        protocol: 'SIP',
        transport,
        // The grammar's word for the last host that it has seen, `received` included.
        host_type: name === undefined || received !== undefined ? 'IPv4' : 'domain',
        host: name ?? address,
        ...(port === undefined ? {} : { port: Number(port) }),
        ...Object.fromEntries(parts),
      }
    }
    case 'record-route':
      return routeOf(value)
    case 'cseq': {
      const match = cseqValue.exec(value)
      return match ? { value: Number(match[1]), method: match[2] } : undefined
    }
    case 'call-id':
      return callIdValue.test(value) ? value : undefined
    case 'content-type':
      return value === 'application/sdp' ? value : undefined
    case 'content-length':
    case 'max-forwards':
      return /^\d{1,6}$/.test(value) ? Number(value) : undefined
    default:
      return undefined
  }
}

/** As SIP.js writes the names of the headers above. */
const nameOf = (name: string): string =>
  ({ from: 'From', to: 'To', contact: 'Contact', via: 'Via', cseq: 'CSeq', 'call-id': 'Call-ID' })[
    name.toLowerCase()
  ] ?? name.replace(/(?:^|-)[a-z]/g, (letter) => letter.toUpperCase())

/** An empty message of the first line; null: not of the common form. */
function plainStart(line: string): Message | null {
  const request = requestLine.exec(line)
  if (request) {
    const message = new Core.IncomingRequestMessage()
    message.method = request[1] ?? ''
    message.ruri = uriOf(request.slice(2))
    return message
  }
  const response = statusLine.exec(line)
  if (!response) return null
  const message = new Core.IncomingResponseMessage()
  message.statusCode = Number(response[1])
  message.reasonPhrase = response[2] ?? ''
  return message
}

/**
 * `Core.Parser.parseMessage`, with the same result: its grammar unpacks its tables anew for every header, which takes almost half a
 * millisecond each time. Headers of the common forms are read here, all others by the grammar.
 */
export function parseMessage(text: string, logger: Core.Logger): Message | undefined {
  const first = text.indexOf('\r\n')
  const message = first < 0 ? null : plainStart(text.slice(0, first))
  if (!message) return Core.Parser.parseMessage(text, logger)
  const byGrammar = message.parseHeader.bind(message)
  message.parseHeader = (name, at = 0) => {
    const header = message.headers[nameOf(name)]?.[at]
    if (!header || header.parsed) return byGrammar(name, at)
    const plain = plainValue(name.toLowerCase(), header.raw)
    if (plain === undefined) return byGrammar(name, at)
    header.parsed = plain
    return plain
  }
  message.data = text
  let at = first + 2
  for (;;) {
    const end = Core.Parser.getHeader(text, at)
    if (end === -1) return undefined
    if (end === -2) break
    if (!takeListed(message, text.slice(at, end))) {
      const taken = Core.Parser.parseHeader(message, text, at, end)
      if (taken !== true && taken !== false) return undefined
    }
    at = end + 2
  }
  const body = text.slice(at + 2)
  message.body = message.hasHeader('content-length')
    ? body.slice(0, Number(message.getHeader('content-length')))
    : body
  return message
}

/** The parser asks its grammar for these past the message's own `parseHeader`. */
const listed = /^(?:(contact|m)|(record-route))[ \t]*:[ \t]*(.*)$/i

function takeListed(message: Message, line: string): boolean {
  const match = listed.exec(line)
  if (!match) return false
  const name = match[2] === undefined ? 'contact' : 'record-route'
  const value = match[3]?.trim() ?? ''
  const parsed = plainValue(name, value)
  if (parsed === undefined) return false
  message.addHeader(name, value)
  const header = message.headers[nameOf(name)]?.at(-1)
  if (header) header.parsed = parsed
  return true
}
