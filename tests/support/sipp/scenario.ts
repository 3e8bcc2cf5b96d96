export type Caller = {
  number: string
  displayName: string
  asserted: string | null
  /** More lines of the INVITE. */
  headers?: string[]
}

const crlf = (text: string): string => text.trim().replace(/^ +/gm, '')
const send = (message: string, attributes = ''): string =>
  `<send ${attributes}><![CDATA[\n\n${message}\n\n]]></send>`

const dialogHeaders = (caller: Caller, method: string, cseq: number, branch: string): string =>
  crlf(`
    Via: SIP/2.0/UDP [local_ip]:[local_port];branch=z9hG4bK-[call_id]-${branch}
    From: "${caller.displayName}" <sip:${caller.number}@[local_ip]:[local_port]>;tag=[pid]
    To: <sip:[service]@[remote_ip]:[remote_port]>[peer_tag_param]
    Call-ID: [call_id]
    CSeq: ${cseq} ${method}
    Contact: <sip:${caller.number}@[local_ip]:[local_port]>
    Max-Forwards: 70`)

const description = (direction: string): string =>
  crlf(`
    v=0
    o=trunk 1 1 IN IP4 [local_ip]
    s=-
    c=IN IP4 [media_ip]
    t=0 0
    m=audio [rtpstream_audio_port] RTP/AVP 0 101
    a=rtpmap:0 PCMU/8000
    a=rtpmap:101 telephone-event/8000
    a=fmtp:101 0-15
    a=ptime:20
    a=${direction}`)

const withBody = (headers: string, body: string): string =>
  `${headers}\nContent-Type: application/sdp\nContent-Length: [len]\n\n${body}\n`
const withoutBody = (headers: string): string => `${headers}\nContent-Length: 0\n`

const response = (status: string, body: string | null): string => {
  const headers = `SIP/2.0 ${status}
[last_Via:]
[last_Record-Route:]
[last_From:]
[last_To:]
[last_Call-ID:]
[last_CSeq:]
Contact: <sip:trunk@[local_ip]:[local_port]>`
  return body === null ? withoutBody(headers) : withBody(headers, body)
}

const invite = (caller: Caller): string => {
  const asserted = caller.asserted === null ? '' : `\nP-Asserted-Identity: ${caller.asserted}`
  const more = (caller.headers ?? []).map((line) => `\n${line}`).join('')
  const headers = `INVITE sip:[service]@[remote_ip]:[remote_port] SIP/2.0
${dialogHeaders(caller, 'INVITE', 1, 'invite')}${asserted}${more}`
  return send(withBody(headers, description('sendrecv')), 'retrans="500"')
}

const scenario = (name: string, steps: string[]): string =>
  `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE scenario SYSTEM "sipp.dtd">
<scenario name="${name}">
${steps.join('\n')}
</scenario>
`

const provisional = '<recv response="100" optional="true"/>'
const target = '<ereg regexp="sip:[^>]*" search_in="hdr" header="Contact:" assign_to="target"/>'
/** The test says so by an INFO out of the dialog, so that nothing depends on a guessed time. */
const told = (next: string) => `<recv request="INFO" ${next}/>`

/** Calls, plays a tone once answered, answers every new offer of the desk, and hangs up when it is told or the desk does. */
export const talkingCaller = (caller: Caller): string =>
  scenario('talking caller', [
    invite(caller),
    provisional,
    '<recv response="180" optional="true"/>',
    `<recv response="200" rrs="true"><action>${target}</action></recv>`,
    send(withoutBody(`ACK [next_url] SIP/2.0\n[routes]\n${dialogHeaders(caller, 'ACK', 1, 'ack')}`)),
    '<nop><action><exec rtp_stream="tone.pcmu,-1,0,PCMU/8000"/></action></nop>',
    '<label id="1"/>',
    `<recv request="INVITE" optional="true" next="2"><action>${target}
<ereg regexp="a=sendonly|a=inactive" search_in="msg" assign_to="held"/></action></recv>`,
    '<recv request="BYE" optional="true" next="4"/>',
    told('next="5"'),
    '<label id="2"/>',
    '<nop test="held" next="3"/>',
    '<label id="7"/>',
    send(response('200 OK', description('sendrecv')), 'retrans="500"'),
    '<recv request="ACK" next="1"/>',
    '<label id="3"/>',
    send(response('200 OK', description('recvonly')), 'retrans="500"'),
    '<recv request="ACK"/>',
    // SIPp keeps `held` when a later search finds nothing; so what follows a hold is a resume.
    `<recv request="INVITE" optional="true" next="7"><action>${target}</action></recv>`,
    '<recv request="BYE" optional="true" next="4"/>',
    told('next="5"'),
    '<label id="4"/>',
    send(response('200 OK', null), 'next="6"'),
    '<label id="5"/>',
    send(
      withoutBody(`BYE [$target] SIP/2.0\n[routes]\n${dialogHeaders(caller, 'BYE', 2, 'bye')}`),
      'retrans="500"',
    ),
    '<recv response="200"/>',
    '<label id="6"/>',
  ])

/** The same, with its audio at a port of the test's. */
export const withAudioAt = (port: number, scenarioText: string): string =>
  scenarioText
    .replace(/^<nop><action><exec rtp_stream.*\n/m, '')
    .replaceAll('[rtpstream_audio_port]', String(port))

/** Calls, and hangs up as soon as it is answered; its ACK is lost. */
export const hastyCaller = (caller: Caller): string =>
  scenario('hasty caller', [
    invite(caller),
    provisional,
    '<recv response="180" optional="true"/>',
    '<recv response="200" rrs="true"/>',
    send(
      withoutBody(`BYE [next_url] SIP/2.0\n[routes]\n${dialogHeaders(caller, 'BYE', 2, 'bye')}`),
      'retrans="500"',
    ),
    '<recv response="200"/>',
  ])

/** Calls, and is content only if the desk then sends these digits by INFO, one each, and hangs up. */
export const digitsCaller = (caller: Caller, digits: string): string =>
  scenario('caller of digits', [
    invite(caller),
    provisional,
    '<recv response="180" optional="true"/>',
    '<recv response="200" rrs="true"/>',
    send(withoutBody(`ACK [next_url] SIP/2.0\n[routes]\n${dialogHeaders(caller, 'ACK', 1, 'ack')}`)),
    '<nop><action><exec rtp_stream="tone.pcmu,-1,0,PCMU/8000"/></action></nop>',
    ...[...digits].flatMap((digit) => [
      `<recv request="INFO"><action>
<ereg regexp="Signal=${digit}" search_in="msg" check_it="true" assign_to="digit"/></action></recv>`,
      send(response('200 OK', null)),
    ]),
    '<Reference variables="digit"/>',
    '<recv request="BYE"/>',
    send(response('200 OK', null)),
  ])

/** Calls, and is content only with 486. */
export const refusedCaller = (caller: Caller): string =>
  scenario('refused caller', [
    invite(caller),
    provisional,
    '<recv response="180" optional="true"/>',
    '<recv response="486"/>',
    send(
      withoutBody(
        `ACK sip:[service]@[remote_ip]:[remote_port] SIP/2.0\n${dialogHeaders(caller, 'ACK', 1, 'invite')}`,
      ),
    ),
  ])

/** Calls, and gives up as soon as it hears that it rings. `reason`: RFC 3326. */
export const cancellingCaller = (caller: Caller, reason?: string): string =>
  scenario('cancelling caller', [
    invite(caller),
    provisional,
    '<recv response="180"/>',
    send(
      withoutBody(
        `CANCEL sip:[service]@[remote_ip]:[remote_port] SIP/2.0\n${dialogHeaders(caller, 'CANCEL', 1, 'invite').replace('[peer_tag_param]', '')}${reason === undefined ? '' : `\nReason: ${reason}`}`,
      ),
    ),
    '<recv response="200"/>',
    '<recv response="487"/>',
    send(
      withoutBody(
        `ACK sip:[service]@[remote_ip]:[remote_port] SIP/2.0\n${dialogHeaders(caller, 'ACK', 1, 'invite')}`,
      ),
    ),
  ])
