import { z } from 'zod'
import { Id, Instant } from './ids.ts'

export const Role = z.enum(['operator', 'specialist', 'supervisor', 'administrator'])
export type Role = z.infer<typeof Role>

/** Who is signed in, as the CRM knows them. */
export const User = z.object({
  id: Id,
  name: z.string().min(1),
  givenName: z.string().min(1),
  roles: z.array(Role),
  teams: z.array(z.string()),
  /** The user part of the operator's SIP address of record. */
  extension: z.string().min(1),
})
export type User = z.infer<typeof User>

/** What an operator may choose. */
export const notReadyReasons = ['break', 'meal', 'training', 'back-office', 'technical'] as const
/** `shift-start`: signed in, nothing chosen yet. */
export const NotReadyReason = z.enum([...notReadyReasons, 'shift-start'])
export type NotReadyReason = z.infer<typeof NotReadyReason>

/** What the operator wants. */
export const DesiredState = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('ready') }),
  z.object({ kind: z.literal('not-ready'), reason: NotReadyReason }),
])
export type DesiredState = z.infer<typeof DesiredState>

/** What the queue engine says. `unknown`: it cannot be asked now. */
export const EngineState = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('ready'), since: Instant }),
  z.object({ kind: z.literal('not-ready'), reason: z.string(), since: Instant }),
  z.object({ kind: z.literal('offered'), since: Instant }),
  z.object({ kind: z.literal('in-call'), since: Instant }),
  z.object({ kind: z.literal('after-call-work'), since: Instant }),
  z.object({ kind: z.literal('unknown'), since: Instant }),
])
export type EngineState = z.infer<typeof EngineState>

/** A wrap-up. `until`: it ends by itself then; null while a call goes on, or where the site sets no time. */
export const AfterCallWork = z.object({ contactId: Id, since: Instant, until: Instant.nullable() })
export type AfterCallWork = z.infer<typeof AfterCallWork>

/** Desired and engine state are two values, shown apart when they differ. */
export const AgentView = z.object({
  desired: DesiredState,
  engine: EngineState,
  /** Chosen during a call or a wrap-up: becomes `desired` afterwards. */
  next: DesiredState.nullable(),
  /** Why no calls come although ready is desired: after a missed call, say. Choosing ready ends it. */
  kept: z.object({ reason: z.string().max(64), since: Instant }).nullable(),
  /** A call rings, is dialled or goes on at this desk. */
  inCall: z.boolean(),
  /** The contact whose wrap-up is open. */
  afterCallWork: AfterCallWork.nullable(),
})
export type AgentView = z.infer<typeof AgentView>

/** Whether the queue engine holds another state than the desk explains. */
export function differs({ desired, engine, kept, inCall, afterCallWork }: AgentView): boolean {
  switch (engine.kind) {
    case 'unknown':
      return true
    case 'offered':
    case 'in-call':
      return !inCall
    case 'after-call-work':
      return afterCallWork === null && !inCall
    case 'ready':
    case 'not-ready':
      if (inCall || afterCallWork) return false
      return engine.kind !== desired.kind || (kept !== null && engine.kind === 'ready')
  }
}

/** How much one press adds to a wrap-up. */
export const extensionSeconds = 60
