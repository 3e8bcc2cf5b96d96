import { z } from 'zod'
import { Slug, Words } from './ids.ts'

/** RFC 3261 25.1 `token`, as header names are. */
const HeaderName = z
  .string()
  .regex(/^[A-Za-z0-9!%*_+`'~.-]+$/)
  .max(64)

/** A team that calls can be handed to: its queue at the exchange. */
export const Team = z.strictObject({
  id: Slug,
  name: Words,
  /** The user part of its SIP address, or a number: what `calls.transfer` and `calls.consult` take as `to`. */
  address: z.string().regex(/^[A-Za-z0-9+][A-Za-z0-9._+-]{0,63}$/),
})
export type Team = z.infer<typeof Team>

/** RFC 7064 and RFC 7065. */
const IceServer = z.strictObject({
  urls: z
    .array(
      z
        .string()
        .regex(/^(?:stuns?:[^?\s]+|turns?:[^?\s]+(?:\?transport=(?:udp|tcp))?)$/)
        .max(300),
    )
    .min(1)
    .max(4),
  username: z.string().max(300).optional(),
  credential: z.string().max(300).optional(),
})

/** How the page's connections reach the exchange's media. */
export const MediaPath = z.strictObject({
  /** STUN and TURN, only where desk and exchange do not reach each other directly. A server that does not answer costs 0.4 s a call. */
  iceServers: z.array(IceServer).max(4).default([]),
  /** Only through TURN: for networks that let nothing else pass. */
  relayOnly: z.boolean().default(false),
  /** These codecs, in this order, and no others; empty: what the browser offers. Telephone events are always offered. */
  codecs: z
    .array(z.enum(['opus', 'g722', 'pcma', 'pcmu']))
    .max(4)
    .default([]),
})
export type MediaPath = z.infer<typeof MediaPath>

/**
 * What differs from one exchange to the next. The CRM reads it from a file (`--line`), checks it at its start and hands it to the desks with
 * their credential, so a desk that starts without the CRM has it too. `docs/connecting-an-exchange.md` says what each is for.
 */
export const LineConfiguration = z.strictObject({
  /** The headers of an INVITE that say which queue it comes from, why, and how many seconds the caller has waited. */
  headers: z
    .strictObject({
      queue: HeaderName.default('X-Queue'),
      reason: HeaderName.default('X-Queue-Reason'),
      waited: HeaderName.default('X-Queue-Waited'),
    })
    .default({ queue: 'X-Queue', reason: 'X-Queue-Reason', waited: 'X-Queue-Waited' }),
  /** `rfc4733`: events in the audio, by INFO only where the far end takes none. `info`: always SIP INFO (`application/dtmf-relay`). */
  dtmf: z.enum(['rfc4733', 'info']).default('rfc4733'),
  /** Whether a call may answer itself here when the exchange asks for it (`Call-Info: …;answer-after=0`, `Alert-Info`). */
  autoAnswer: z.boolean().default(false),
  /** A call that comes while another is live rings too; otherwise it is answered 486. */
  callWaiting: z.boolean().default(true),
  /** Where a REFER carries the contact's id (RFC 7433 4.2): as a header of the Refer-To URI, which the new INVITE takes over, or of the REFER. */
  userToUser: z.enum(['refer-to', 'header']).default('refer-to'),
  /** How long a transfer may stay without a word of the far end before our leg is ended all the same. */
  transferPatienceSeconds: z.number().int().min(2).max(120).default(20),
  /**
   * How often the registrar is asked what it holds for this desk (a REGISTER without Contact, RFC 3261 10.2.3): a binding that it dropped
   * is noticed after this and at most two seconds more. 0: only before each renewal, as where the registrar refuses to say.
   */
  registrationCheckSeconds: z.number().int().min(0).max(300).default(3),
  /** How long a wrap-up lasts unless the operator extends it, in seconds; 0: none, null: until it is closed. */
  afterCallSeconds: z.number().int().min(0).max(3600).nullable().default(90),
  /** What to dial to hear oneself, for the test at the start of a shift; null where the exchange has nothing of the kind. */
  echo: z
    .string()
    .regex(/^[\w*#+.-]{1,64}$/)
    .nullable()
    .default(null),
  teams: z.array(Team).max(200).default([]),
  media: MediaPath.default({ iceServers: [], relayOnly: false, codecs: [] }),
  /** Certificates in PEM that vouch for the exchange and its queue engine beside those that the system trusts: a city's own authority. */
  certificateAuthority: z
    .string()
    .max(64_000)
    .regex(/-----BEGIN CERTIFICATE-----/)
    .nullable()
    .default(null),
})
export type LineConfiguration = z.infer<typeof LineConfiguration>

export const defaultLine: LineConfiguration = LineConfiguration.parse({})
