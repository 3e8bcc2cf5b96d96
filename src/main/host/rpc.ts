import { implement } from '@orpc/server'
import { deskContract } from '#contract/desk.ts'

/** What every service of the host is an implementation of. */
export const desk = implement(deskContract)

export const done = { ok: true } as const
