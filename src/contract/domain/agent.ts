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

/** Desired and engine state are two values, shown apart when they differ. */
export const AgentView = z.object({
  desired: DesiredState,
  engine: EngineState,
  /** The contact whose wrap-up is open, since when. */
  afterCallWork: z.object({ contactId: Id, since: Instant }).nullable(),
})
export type AgentView = z.infer<typeof AgentView>
